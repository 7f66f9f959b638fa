package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the command's build has made for Flink's lib folder. It stands here as a module's own tests
 * run before it is packaged.
 */
class ClusterLibTest {
  private static final Path FOLDER = Path.of("../cli/target/tidemill/cluster-lib");

  /** Names of all classes, and the jars that have them. */
  private static Map<String, Set<String>> classes() throws IOException {
    Map<String, Set<String>> classes = new TreeMap<>();
    for (Path path : jars()) {
      try (JarFile jar = new JarFile(path.toFile())) {
        jar.stream()
            .map(JarEntry::getName)
            .filter(name -> name.endsWith(".class") && !name.endsWith("-info.class"))
            .forEach(
                name ->
                    classes
                        .computeIfAbsent(name, first -> new TreeSet<>())
                        .add(path.getFileName().toString()));
      }
    }
    return classes;
  }

  private static List<Path> jars() throws IOException {
    try (Stream<Path> paths = Files.walk(FOLDER)) {
      return paths.filter(path -> path.toString().endsWith(".jar")).sorted().toList();
    }
  }

  @Test
  void holdsWhatAJobNeeds() throws IOException {
    assertThat(classes())
        .containsKeys(
            "io/tidemill/pipelines/ClusterJob.class",
            "org/apache/flink/connector/kafka/source/KafkaSource.class");
    for (String part : List.of("core", "engine-tensorflow", "engine-onnx")) {
      assertThat(FOLDER.resolve(part)).isNotEmptyDirectory();
    }
  }

  @Test
  void holdsNoBrokerAndNothingOfItsOwnThatAClusterHas() throws IOException {
    assertThat(jars())
        .extracting(jar -> jar.getFileName().toString())
        .noneMatch(name -> name.matches("(kafka(?!-clients-)|zookeeper|scala-|tidemill-cli).*"));
    classes()
        .forEach(
            (name, jars) -> {
              assertThat(name)
                  .as("in %s", jars)
                  .doesNotMatch("(kafka|scala|org/(apache/(zookeeper|logging)|slf4j))/.*");
              if (name.startsWith("org/apache/flink/")) {
                assertThat(jars)
                    .as(name)
                    .allMatch(jar -> jar.matches("flink-(avro|connector-kafka)-\\d.*"));
              }
            });
  }

  /** Flink's lib folder is one class path: of two versions, the one that comes first is used. */
  @Test
  void givesEveryClassOnce() throws IOException {
    classes().forEach((name, jars) -> assertThat(jars).as(name).hasSize(1));
  }
}
