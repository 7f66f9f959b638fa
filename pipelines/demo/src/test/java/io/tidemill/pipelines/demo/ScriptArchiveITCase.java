package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script's archives of classes, in a checkout whose command is the one that was built. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the script is proved where it is used most")
class ScriptArchiveITCase {
  private static final Path CHECKOUT = Path.of("../..").toAbsolutePath().normalize();
  private static final String COMMAND = "io.tidemill.pipelines.cli.Tidemill source: ";

  @TempDir Path directory;
  private Path archives = Path.of("");

  @BeforeEach
  void layOut() throws IOException {
    for (String module :
        List.of("bom", "model-loader", "flink-inference-operator", "connectors", "pipelines/cli")) {
      Files.createDirectories(directory.resolve(module));
    }
    for (String file :
        List.of("pom.xml", "pipelines/cli/bin", "pipelines/cli/conf", "job-configs")) {
      Files.createSymbolicLink(directory.resolve(file), CHECKOUT.resolve(file));
    }
    // No link: the script looks for the rest where it lies itself.
    Files.copy(CHECKOUT.resolve("tidemill"), directory.resolve("tidemill"));
    Path built = Files.createDirectories(directory.resolve("pipelines/cli/target/tidemill"));
    for (String jars : List.of("lib", "cluster-lib")) {
      Files.createSymbolicLink(
          built.resolve(jars), CHECKOUT.resolve("pipelines/cli/target/tidemill").resolve(jars));
    }
    archives = directory.resolve("pipelines/demo/target");
    Files.createDirectories(archives.resolve("tidemill/lib"));
    Files.createFile(archives.resolve("built"));
    jdk("17.0.1");
  }

  /** A JDK of a version, whose JVM is the test's own. */
  private void jdk(String version) throws IOException {
    Path home = directory.resolve("jdk");
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    String own = ProcessHandle.current().info().command().orElseThrow();
    Files.writeString(java, "#!/bin/sh\nexec '" + own + "' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
  }

  /** Validates a job, and answers what the JVM says of where its classes are from. */
  private List<String> classesOfValidate(boolean logged) throws Exception {
    File log = directory.resolve("classes.log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder("./tidemill", "validate", "job-configs/fraud-scoring.yaml")
            .directory(directory.toFile())
            .redirectErrorStream(true);
    Map<String, String> environment = builder.environment();
    List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "TIDEMILL_LIB")
        .forEach(environment::remove);
    environment.put("JAVA_HOME", directory.resolve("jdk").toString());
    environment.put("TIDEMILL_JAVA_OPTS", logged ? "-Xlog:class+load=info:file=" + log : "");
    Process process = builder.start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    assertThat(printed)
        .isEqualTo("job-configs/fraud-scoring.yaml: valid (fraud-scoring, streaming, 1 step)\n");
    return logged ? Files.readAllLines(log.toPath()) : List.of();
  }

  private List<Path> made() throws IOException {
    try (Stream<Path> files = Files.list(archives)) {
      return files.filter(file -> file.toString().contains(".jsa")).sorted().toList();
    }
  }

  @Test
  void theFirstCallMakesAnArchiveFromWhichLaterOnesStart() throws Exception {
    assertThat(classesOfValidate(true)).anyMatch(line -> line.contains(COMMAND + "file:"));
    assertThat(made()).isEmpty();

    assertThat(classesOfValidate(false)).isEmpty();
    assertThat(made()).singleElement().asString().matches(".*/validate-17-[0-9-]+\\.jsa");

    assertThat(classesOfValidate(true))
        .anyMatch(line -> line.contains(COMMAND + "shared objects file (top)"));
  }

  /** The JVM itself says it, whatever has become of the command. */
  @Test
  void aHeapThatIsFullIsSaidWithItsRemedyAndNotOnStdout() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder("./tidemill", "run", "job-configs/fraud-scoring.yaml")
            .directory(directory.toFile())
            .redirectError(directory.resolve("err.log").toFile());
    builder.environment().put("TIDEMILL_JAVA_OPTS", "-Xmx20m");

    Process process = builder.start();

    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(process.waitFor()).isNotZero();
    assertThat(Files.readString(directory.resolve("err.log")))
        .contains("\ntidemill: the heap is full (expected: ", "TIDEMILL_JAVA_OPTS=-Xmx8g");
  }

  @Test
  void anotherJdkMakesItsOwn() throws Exception {
    classesOfValidate(false);
    jdk("17.0.2");

    classesOfValidate(false);

    assertThat(made()).hasSize(2);
  }
}
