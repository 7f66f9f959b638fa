package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What of docs/gpu.md runs where there is no GPU: jobs with its devices are planned, and its lines
 * of shell come as far as the archive of DJL's sources, which {@code git} does not fetch here, and
 * the archive of Tidemill. {@code GpuITCase} of the benchmarks packs and runs for real.
 */
class GpuPageITCase {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern RESOURCES = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern DEVICES = Pattern.compile("device: (\\S+) }\\s+# (.*)");

  @TempDir private Path directory;
  private String page;

  @BeforeEach
  void read() throws Exception {
    page = Files.readString(ROOT.resolve("docs/gpu.md"));
  }

  @Test
  void plansAJobForEachOfItsDevices() throws Exception {
    ModelFixture model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
    model.run("alias", "fraud:1.4.2", "production");
    Matcher block = RESOURCES.matcher(page);
    assertThat(block.find()).isTrue();
    Matcher devices = DEVICES.matcher(block.group(1));
    assertThat(devices.find()).isTrue();
    String resources = block.group(1).replaceFirst("(?s) *#.*", "");
    String job =
        Files.readString(ROOT.resolve("job-configs/fraud-scoring.yaml"))
            .replace("schema: schemas", "schema: " + ROOT.resolve("job-configs/schemas"))
            .replaceFirst("(?m)^ +resources: .*\n?", resources + "\n");
    assertThat(devices.group(2).replaceAll(" \\([^)]*\\)", "").split(",? or |, ", -1))
        .contains("cpu", "gpu", "gpu:1")
        .filteredOn(word -> !word.isBlank())
        .allSatisfy(
            device -> {
              Path file =
                  Files.writeString(
                      directory.resolve("job.yaml"),
                      job.replace("device: " + devices.group(1), "device: " + device));
              CommandRun plan =
                  CommandRun.of("plan", file.toString(), "--store", model.store().toString());
              assertThat(plan.exitCode()).as(plan.err()).isEqualTo(ExitCode.DONE);
              assertThat(plan.out()).contains("engine     tensorflow on " + device);
            });
  }

  @Test
  void itsLinesOfShellAreAsTheScriptTakesThem() throws Exception {
    Shell shell = new Shell(directory, Map.of());
    Path here = Files.createDirectories(directory.resolve("here"));
    // Fetches nothing; the sources come with tags.
    shell.executable("git", "#!/bin/sh\n[ \"$1\" = clone ] && mkdir \"${2##*/}\" || exit 1\n");
    List<String> lines =
        Shell.blocks(page).stream()
            .flatMap(String::lines)
            .map(line -> line.replace("benchmarks/gpu ", ROOT.resolve("benchmarks/gpu") + " "))
            .toList();
    assertThat(lines).hasSize(3);
    shell.run(here, lines.get(0));

    for (String line : lines.subList(1, 3)) {
      shell.run(here, "! " + line + "\n");
    }

    assertThat(shell.errors().lines())
        .satisfiesExactly(
            pack -> assertThat(pack).contains("--djl-sources: 'djl' has no tag v"),
            run -> assertThat(run).contains("tidemill-gpu.tar.xz: not there (expected: what"));
  }
}
