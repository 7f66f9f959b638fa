package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SchemaCommandTest {
  @Test
  void printsWhatIsPublished() throws IOException {
    CommandRun run = CommandRun.of("schema");

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .as("save it again: ./tidemill schema > docs/pipeline.schema.json")
        .isEqualTo(Files.readString(Path.of("../../docs/pipeline.schema.json")));
    assertThat(run.err()).isEmpty();
  }
}
