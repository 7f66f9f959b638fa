package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs each line of shell in docs/units.md. The folder that the job was packaged in is away before
 * the unit is run in another one.
 */
class UnitsPageITCase {
  @TempDir private Path directory;

  @Test
  @Timeout(value = 600, unit = TimeUnit.SECONDS)
  void runsElsewhereWithoutTheStoreAndIsRefusedWhereAByteDiffers() throws Exception {
    List<String> blocks = Shell.blocks(Files.readString(Path.of("../../docs/units.md")));
    Shell shell = new Shell(directory, Map.of());
    Path elsewhere = directory.resolve("elsewhere");

    String packaged = shell.run(directory, blocks.get(0));
    shell.run(
        directory.resolve("scoring"),
        blocks.get(1).lines().limit(2).reduce("", (all, line) -> all + line + "\n"));
    FileUtils.deleteDirectory(directory.resolve("scoring/models").toFile());
    FileUtils.deleteDirectory(directory.resolve("cache").toFile());
    String ran =
        shell.run(
            elsewhere, blocks.get(1).lines().skip(3).reduce("", (all, line) -> all + line + "\n"));
    shell.run(elsewhere, blocks.get(2));
    String kept = shell.run(elsewhere, blocks.get(3));

    assertThat(blocks).hasSize(4);
    assertThat(packaged)
        .contains(
            "packaged   fraud-files:1.0.0", "model      fraud:1.0.0 (sha256:", "signed by  key");
    TemplateAnswers.of(directory.resolve("scoring"))
        .assertAreThoseOf(ran.lines().filter(line -> line.contains("\"fraud_score\"")).toList());
    assertThat(shell.errors()).contains("damaged.tar", "made by no key that is trusted");
    assertThat(kept).containsPattern("fraud-files:1\\.0\\.0 +fraud:1\\.0\\.0 ");
  }

  @Test
  @Timeout(value = 600, unit = TimeUnit.SECONDS)
  void aNightIsPublishedBesideTheUnit() throws Exception {
    Shell shell = new Shell(directory, Map.of());

    String out =
        shell.run(
            directory,
            """
            tidemill init nightly
            cd nightly
            tidemill model push fraud.onnx fraud:1.0.0
            tidemill model alias fraud:1.0.0 production
            sed -i -E 's/path: (transactions|predictions|dead-letters)/path: "\\1\\/dt={{ ds }}"/' job.yaml
            mkdir -p ../night/transactions/dt=2026-11-01
            cp transactions/*.json ../night/transactions/dt=2026-11-01
            tidemill package job.yaml --to ../night/unit.tar
            rm -r models
            cd ../night
            tidemill run unit.tar --date 2026-11-01
            tidemill runs ls unit.tar
            """);

    assertThat(directory.resolve("night/predictions/dt=2026-11-01/_SUCCESS")).exists();
    assertThat(out).containsPattern("2026-11-01 +1 +published .*fraud:1\\.0\\.0");
  }
}
