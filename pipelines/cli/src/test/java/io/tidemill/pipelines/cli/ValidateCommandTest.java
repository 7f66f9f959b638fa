package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateCommandTest {
  private static final String JOB = "../../job-configs/fraud-scoring.yaml";

  @TempDir private Path directory;

  @Test
  void acceptsAJobThatIsRight() {
    CommandRun run = CommandRun.of("validate", JOB);

    assertThat(run)
        .isEqualTo(
            new CommandRun(
                ExitCode.DONE, JOB + ": valid (fraud-scoring, streaming, 1 step)\n", ""));
  }

  @Test
  void printsEveryProblemOfAJobThatIsNot() throws IOException {
    Path job = Files.writeString(directory.resolve("job.yaml"), "name: a\nsource: ${WHERE}\n");

    CommandRun run = CommandRun.of(Map.of("WHERE", "there"), "validate", job.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith(job + ":"))
        .anyMatch(line -> line.contains("missing key 'steps'"));
  }

  @Test
  void findsWhatPlanWouldRefuseWithoutAStore() throws IOException {
    String job =
        Files.readString(Path.of(JOB))
            .replace(
                "schema: schemas/transaction.avsc",
                "columns: { amount: DOUBLE, hour: INT, distance_km: DOUBLE, merchant_risk: DOUBLE }");
    for (String id : List.of("source", "sink-fields", "dead-letter", "x-dead-letters")) {
      Path file =
          Files.writeString(directory.resolve("job.yaml"), job.replace("id: score", "id: " + id));

      assertThat(CommandRun.of("validate", file.toString()).err())
          .contains("id: '" + id + "' (expected: neither source, sink, dead-letter");
    }
    Path unversioned =
        Files.writeString(directory.resolve("job.yaml"), job.replace("fraud@production", "fraud"));

    assertThat(CommandRun.of("validate", unversioned.toString()).err())
        .contains("model: 'fraud' (expected: name:version");
  }

  @Test
  void findsOptionsThatFlinkHasNot() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: a
            source: { connector: datagen, columns: { a: DOUBLE } }
            steps: [{ id: score, model: 'm:1.0.0', input: { x: a }, output: { y: s }, resources: { device: cpu } }]
            sink: { connector: print }
            flink:
              restart-strategy.tpye: fixed-delay
              execution.checkpointing.interval: soon
            """);

    CommandRun run = CommandRun.of("validate", job.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(
            job
                + ":6:26: restart-strategy.tpye: no option of Flink's (did you mean 'restart-strategy.type'?)",
            job
                + ":7:37: execution.checkpointing.interval: 'soon' (expected: a value that Flink reads");
  }

  @Test
  void refusesAJobThatIsTooDeep() throws IOException {
    Path job = Files.writeString(directory.resolve("job.yaml"), "name: " + "[".repeat(100_000));

    CommandRun run = CommandRun.of("validate", job.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).startsWith(job + ":1:").contains("nested deeper than 50 levels");
  }

  @Test
  void answersMachinesInJson() throws IOException {
    Path job = Files.writeString(directory.resolve("job.yaml"), "nam: a\n");

    JsonNode valid = json(CommandRun.of("validate", JOB, "-o", "json"));
    CommandRun run = CommandRun.of("validate", job.toString(), "-o", "json");

    assertThat(valid.get("valid").asBoolean()).isTrue();
    assertThat(valid.get("problems")).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).isEmpty();
    JsonNode problem = json(run).get("problems").get(0);
    assertThat(problem.get("file").asText()).isEqualTo(job.toString());
    assertThat(problem.get("line").asInt()).isEqualTo(1);
    assertThat(problem.get("message").asText()).contains("in the job");
  }

  private static JsonNode json(CommandRun run) throws JsonProcessingException {
    return new ObjectMapper().readTree(run.out());
  }
}
