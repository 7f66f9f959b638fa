package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.engine.onnx.OnnxModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tidemill init}, and what its README says comes next. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class InitITCase {
  @TempDir private Path directory;

  @Test
  void filesAreScoredAsTheModelItselfScoresThem() throws Exception {
    Shell shell = new Shell(directory, Map.of());
    shell.run(directory, "tidemill init first --template files");
    Path folder = directory.resolve("first");

    String out =
        shell.run(
            folder, String.join("", Shell.blocks(Files.readString(folder.resolve("README.md")))));

    TemplateAnswers.of(folder)
        .assertAreThoseOf(out.lines().filter(line -> line.contains("\"fraud_score\"")).toList());
    assertThat(out.lines().filter(line -> line.contains("null-input")))
        .anyMatch(line -> line.contains("\"tidemill.cause\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"files", "kafka"})
  void writesAJobThatIsValidAndWhatItNames(String template) throws IOException {
    Path folder = directory.resolve("new");

    CommandRun run = CommandRun.of("init", folder.toString(), "--template", template);

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .isEqualTo(
            "%1$s: a job on %2$s; what comes next is in %1$s/README.md\n"
                .formatted(folder, template));
    assertThat(CommandRun.of("validate", folder.resolve("job.yaml").toString()).exitCode())
        .isEqualTo(ExitCode.DONE);
    assertThat(folder.resolve("pipeline.schema.json"))
        .hasSameTextualContentAs(Path.of("../../docs/pipeline.schema.json"));
    assertThat(Files.readString(folder.resolve("job.yaml")))
        .startsWith("# yaml-language-server: $schema=pipeline.schema.json\n");
  }

  @Test
  void overwritesNothing() throws IOException {
    Path own = Files.writeString(directory.resolve("job.yaml"), "mine");

    CommandRun run = CommandRun.of("init", directory.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(directory + ": not empty (expected: an empty folder, or none)");
    assertThat(own).hasContent("mine");
    assertThat(directory.toFile().list()).hasSize(1);
  }

  /** Its topics hold records of Avro, and another job's predictions. */
  @Test
  void topicsAreNotThoseOfTheDemoOnWhoseBrokerTheJobMayRun() throws IOException {
    String demo = Files.readString(Path.of("../../job-configs/fraud-scoring.yaml"));

    CommandRun.of("init", directory.resolve("new").toString(), "--template", "kafka");

    List<String> topics =
        Files.readAllLines(directory.resolve("new/job.yaml")).stream()
            .filter(line -> line.startsWith("  topic: "))
            .map(line -> line.substring("  topic: ".length()))
            .toList();
    assertThat(topics).hasSize(3).allMatch(topic -> !demo.contains(":-" + topic + "}"));
  }

  /** How the model of the templates was made, and is made again. */
  @Test
  void writesTheModelThatIsMadeHere() throws IOException {
    OnnxModels.logistic(directory.resolve("made"), -4f, 0.004f, -0.02f, 0.01f, 3.5f);
    Path folder = directory.resolve("new");

    CommandRun.of("init", folder.toString());

    assertThat(folder.resolve("fraud.onnx"))
        .hasSameBinaryContentAs(directory.resolve("made").resolve(OnnxModels.FILE));
  }
}
