package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlinkFileSystemsTest {
  @TempDir private Path directory;

  @AfterEach
  void forgetThem() {
    FileSystem.initialize(new Configuration(), null);
  }

  private static String classFile(Class<?> type) {
    return type.getName().replace('.', '/') + ".class";
  }

  private void writePlugin() throws IOException {
    Path folder = Files.createDirectories(directory.resolve("plugins/marked"));
    String file = classFile(MarkedFileSystemFactory.class);
    try (InputStream content =
            MarkedFileSystemFactory.class.getClassLoader().getResourceAsStream(file);
        JarOutputStream jar =
            new JarOutputStream(Files.newOutputStream(folder.resolve("marked.jar")))) {
      assertThat(content).isNotNull();
      jar.putNextEntry(new JarEntry(file));
      content.transferTo(jar);
      jar.putNextEntry(new JarEntry("META-INF/services/" + FileSystemFactory.class.getName()));
      jar.write(MarkedFileSystemFactory.class.getName().getBytes(StandardCharsets.UTF_8));
    }
  }

  private CommandRun list(Map<String, String> environment) {
    return CommandRun.of(environment, "model", "list", "--store", "marked://" + directory);
  }

  @Test
  void storesAreReachedThroughFlinksPluginsWithItsConfiguration() throws IOException {
    writePlugin();
    Files.writeString(directory.resolve("config.yaml"), "marked: { address: here }\n");

    CommandRun without = list(Map.of());
    CommandRun with =
        list(
            Map.of(
                "FLINK_CONF_DIR",
                directory.toString(),
                "FLINK_PLUGINS_DIR",
                directory.resolve("plugins").toString()));

    assertThat(without.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(without.err()).contains("Flink has no file system for 'marked:' here");
    assertThat(with.err()).isEmpty();
    assertThat(with.out()).startsWith("No models in marked:");
  }

  @Test
  void aConfigurationThatIsNotThereIsWrongUsage() {
    CommandRun run = list(Map.of("FLINK_CONF_DIR", directory.resolve("absent").toString()));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .startsWith("tidemill: FLINK_CONF_DIR: '" + directory.resolve("absent") + "': cannot be")
        .contains("(expected: Flink's folder with config.yaml)");
  }

  @Test
  void pluginsThatAreNotThereAreWrongUsage() {
    CommandRun run = list(Map.of("FLINK_PLUGINS_DIR", directory.resolve("absent").toString()));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).startsWith("tidemill: FLINK_PLUGINS_DIR: '" + directory);
  }
}
