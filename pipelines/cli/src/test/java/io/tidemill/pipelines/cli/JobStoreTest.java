package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.Jobs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a job's models come from: what is given, else what the job says, else what is around. */
class JobStoreTest {
  @TempDir private Path directory;

  @BeforeEach
  void publish() throws IOException {
    for (String place : List.of("given", "own", "around")) {
      new Jobs(directory.resolve(place)).publish("fraud", "1.0.0");
    }
  }

  private String store(String place) {
    return new Jobs(directory.resolve(place)).store();
  }

  private CommandRun plan(String job, String... more) throws IOException {
    Path file = Files.writeString(directory.resolve("job.yaml"), job);
    List<String> arguments = new ArrayList<>(List.of("plan", file.toString()));
    arguments.addAll(List.of(more));
    return CommandRun.of(
        Map.of(JobOptions.STORE_VARIABLE, store("around")), arguments.toArray(new String[0]));
  }

  private String jobWithStore() {
    return Jobs.KAFKA + "store: " + store("own") + "\n";
  }

  @Test
  void theStoreThatIsGivenWinsOverTheJobsOwn() throws IOException {
    assertThat(plan(jobWithStore(), "--store", store("given")).out())
        .contains("store        " + store("given") + "\n");
  }

  @Test
  void theJobsOwnStoreWinsOverTheEnvironments() throws IOException {
    assertThat(plan(jobWithStore()).out()).contains("store        " + store("own") + "\n");
  }

  @Test
  void theEnvironmentsStoreServesJobsThatNameNone() throws IOException {
    assertThat(plan(Jobs.KAFKA).out()).contains("store        " + store("around") + "\n");
  }

  @Test
  void whatIsWrongWithTheStoreThatIsGivenIsNotBlamedOnTheJob() throws IOException {
    CommandRun password = plan(jobWithStore(), "--store", "s3://user:secret@models");
    CommandRun blank = plan(jobWithStore(), "--store", " ");

    assertThat(password.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(password.err())
        .startsWith("--store: store: a URI with a password (expected: none)")
        .doesNotContain("secret");
    assertThat(blank.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(blank.err()).isEqualTo("--store: store: ' ' (expected: not blank)\n");
  }
}
