package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs each line of shell in docs/operations.md; {@code kubectl} keeps what it is given. */
class OperationsPageITCase {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

  @TempDir private Path directory;

  @Test
  @Timeout(value = 600, unit = TimeUnit.SECONDS)
  void runsWhatThePageSays() throws Exception {
    Path kept = Files.createDirectories(directory.resolve("kept"));
    Shell shell = new Shell(directory, Map.of());
    shell.keep("kubectl", kept);
    String page = Files.readString(ROOT.resolve("docs/operations.md"));
    assertThat(page).contains("=/path/to/tidemill\n", "=/opt/flink\n");
    // As the archive has them, whose own test looks whether it does.
    Path home = directory.resolve("home");
    Files.createFile(
        Files.createDirectories(home.resolve("cluster-plugins/tidemill-failures"))
            .resolve("failures.jar"));
    PathUtils.copyDirectory(ROOT.resolve("monitoring"), home.resolve("monitoring"));
    Path flink = directory.resolve("flink");

    String out =
        shell.run(
            directory,
            String.join("", Shell.blocks(page))
                .replace("=/path/to/tidemill\n", "='" + home + "'\n")
                .replace("=/opt/flink\n", "='" + flink + "'\n"));

    assertThat(out).contains("predictions  9", "null-input");
    KubernetesObjects rules =
        KubernetesObjects.strict(Files.readString(kept.resolve("tidemill-alerts.yaml")));
    assertThat(rules.at("PrometheusRule", "/spec/groups/0/rules/0/alert").asText())
        .isEqualTo("TidemillJobGone");
    assertThat(flink.resolve("plugins/tidemill-failures/failures.jar")).exists();
    var file =
        Pattern.compile("create configmap .* --from-file=(\\S+)")
            .matcher(Files.readString(kept.resolve("calls")));
    assertThat(file.find()).isTrue();
    assertThat(Path.of(file.group(1))).isNotEmptyFile();
  }
}
