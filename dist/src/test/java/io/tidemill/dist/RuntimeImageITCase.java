package io.tidemill.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image that Jib makes of what the build has laid out, put on a stand-in for Flink's. What
 * docker/Dockerfile makes of it is compared by its lines.
 */
class RuntimeImageITCase {
  private static final Path LAYOUT = Path.of("target/image").toAbsolutePath();
  private static final List<String> DOCKERFILE =
      List.of(read(Path.of("../docker/Dockerfile")).replace("\\\n", " ").split("\n", -1));

  @TempDir private static Path temporary;
  private static JsonNode settings = new ObjectMapper().nullNode();
  private static final Map<String, TarArchiveEntry> ENTRIES = new TreeMap<>();

  @BeforeAll
  static void make() throws Exception {
    Path base = temporary.resolve("base.tar");
    Jib.fromScratch()
        .setUser("flink")
        .setEntrypoint("/docker-entrypoint.sh")
        .addEnvironmentVariable("FLINK_HOME", "/opt/flink")
        .containerize(containerizer(base));
    Path image = temporary.resolve("image.tar");
    new RuntimeImage(LAYOUT, "tar:" + base, temporary.resolve("cache")).write(image, "tidemill:1");
    Map<String, byte[]> parts = new TreeMap<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(Files.newInputStream(image))) {
      for (TarArchiveEntry part = tar.getNextEntry(); part != null; part = tar.getNextEntry()) {
        parts.put(part.getName(), tar.readAllBytes());
      }
    }
    JsonNode manifest = new ObjectMapper().readTree(parts.get("manifest.json")).path(0);
    settings =
        new ObjectMapper().readTree(parts.get(manifest.path("Config").asText())).path("config");
    for (JsonNode layer : manifest.path("Layers")) {
      byte[] content = parts.get(layer.asText());
      try (InputStream bytes = new GZIPInputStream(new ByteArrayInputStream(content));
          TarArchiveInputStream tar = new TarArchiveInputStream(bytes)) {
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; ) {
          ENTRIES.put(entry.getName(), entry);
          entry = tar.getNextEntry();
        }
      }
    }
  }

  private static Containerizer containerizer(Path file) throws Exception {
    return Containerizer.to(TarImage.at(file).named("base:1"))
        .setBaseImageLayersCache(temporary.resolve("cache/base"))
        .setApplicationLayersCache(temporary.resolve("cache/layers"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the lines of this instruction say. */
  private static Stream<String> lines(String instruction) {
    return DOCKERFILE.stream()
        .filter(line -> line.startsWith(instruction + " "))
        .map(line -> line.substring(instruction.length() + 1).strip());
  }

  private static Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    settings
        .path("Env")
        .forEach(
            variable -> {
              String[] pair = variable.asText().split("=", 2);
              environment.put(pair[0], pair[1]);
            });
    return environment;
  }

  @Test
  void startsAsTheBaseDoesButAsANumberedUserThatIsNotRoot() {
    assertThat(settings.path("User").asText()).isEqualTo("9999:9999");
    assertThat(settings.path("Entrypoint").toString()).isEqualTo("[\"/docker-entrypoint.sh\"]");
    assertThat(environment())
        .containsEntry("FLINK_HOME", "/opt/flink")
        .containsAllEntriesOf(RuntimeImage.ENVIRONMENT);
    assertThat(lines("USER")).containsExactly("9999:9999");
  }

  @Test
  void everyFolderThatIsWrittenIsThereAndItsOwn() {
    assertThat(ENTRIES)
        .containsKeys(
            "checkpoints/", "models/", "opt/tidemill/cache/", "opt/flink/conf/", "opt/flink/lib/");
    assertThat(ENTRIES.values())
        .allSatisfy(
            entry -> {
              // As Docker leaves it, which copies folder by folder.
              long owner = entry.getName().equals("opt/") ? 0 : 9999;
              assertThat(entry.getLongUserId()).as(entry.getName()).isEqualTo(owner);
              assertThat(entry.getLongGroupId()).as(entry.getName()).isEqualTo(owner);
            })
        .allMatch(entry -> (entry.getMode() & 0777) == (executable(entry) ? 0755 : 0644));
  }

  private static boolean executable(TarArchiveEntry entry) {
    return entry.isDirectory() || entry.getName().equals("opt/tidemill/bin/tidemill");
  }

  @Test
  void hasOneEngineWhoseLibraryIsUnpackedAndAllOfCore() {
    assertThat(
            ENTRIES.keySet().stream()
                .filter(name -> name.matches("opt/flink/lib/tidemill/engine-\\w+/")))
        .containsExactly("opt/flink/lib/tidemill/engine-onnx/");
    assertThat(ENTRIES.keySet())
        .contains(
            "opt/tidemill/natives/libonnxruntime.so",
            "opt/tidemill/natives/libonnxruntime4j_jni.so",
            "opt/tidemill/job-configs/fraud-scoring.yaml",
            "opt/flink/conf/log4j-console.properties")
        .anyMatch(name -> name.startsWith("opt/flink/lib/tidemill/core/tidemill-job-"))
        .anyMatch(name -> name.startsWith("opt/flink/plugins/tidemill-failures/"))
        .anyMatch(name -> name.startsWith("opt/flink/plugins/s3-fs-native/"))
        .anyMatch(name -> name.startsWith("opt/tidemill/lib/tidemill-cli-"));
  }

  @Test
  void carriesNoSecret() {
    assertThat(environment().keySet())
        .noneMatch(name -> name.matches("(?i).*(secret|token|password|access.?key).*"));
    assertThat(ENTRIES.keySet())
        .noneMatch(
            name -> name.matches(".*(\\.(pem|key|p12|jks|env)|settings\\.xml|/\\.(?!keep)[^/]+)"));
  }

  @Test
  void theDockerfileCopiesTheSameAndSaysTheSame() throws Exception {
    List<Path> copied =
        lines("COPY")
            .map(line -> line.split(" ", -1))
            .peek(words -> assertThat(words[0]).isEqualTo("--chown=9999:9999"))
            .peek(words -> assertThat(words[1]).isEqualTo("dist/target/image" + words[2]))
            .map(words -> Path.of("..", words[1]).toAbsolutePath().normalize())
            .toList();

    assertThat(copied).isNotEmpty().allMatch(Files::isDirectory);
    assertThat(read(Path.of("../.dockerignore"))).isEqualTo("**\n!dist/target/image\n");
    try (Stream<Path> files = Files.walk(LAYOUT)) {
      assertThat(files.filter(Files::isRegularFile))
          .allMatch(file -> copied.stream().anyMatch(file::startsWith));
    }
    String variables = lines("ENV").collect(Collectors.joining(" ")).replaceAll(" +", " ");
    assertThat(variables.split(" (?=[A-Z_]+=)", -1))
        .containsExactlyInAnyOrderElementsOf(
            RuntimeImage.ENVIRONMENT.entrySet().stream()
                .map(
                    variable ->
                        variable.getValue().contains(" ")
                            ? "%s=\"%s\"".formatted(variable.getKey(), variable.getValue())
                            : variable.getKey() + "=" + variable.getValue())
                .toList());
  }
}
