package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanCommandTest {
  @TempDir private Path directory;

  @Test
  void refusesASchemaThatContainsItself() throws IOException {
    Files.writeString(
        Files.createDirectories(directory.resolve("schemas")).resolve("transaction.avsc"),
        """
        { "type": "record", "name": "Node", "fields": [
          { "name": "next", "type": ["null", "Node"] } ] }
        """);
    ModelFixture model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
    model.run("alias", "fraud:1.4.2", "production");
    Path job =
        Files.copy(Path.of("../../job-configs/fraud-scoring.yaml"), directory.resolve("job.yaml"));

    CommandRun run = CommandRun.of("plan", job.toString(), "--store", model.store().toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(job + ":", "field 'next' is Node, which contains itself")
        .doesNotContain("\tat ");
  }
}
