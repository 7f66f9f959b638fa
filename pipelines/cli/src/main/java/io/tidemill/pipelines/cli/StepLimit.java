package io.tidemill.pipelines.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How long a cluster may take for what it is told, and where it leaves a savepoint. */
final class StepLimit {
  @Option(
      names = "--savepoint-dir",
      paramLabel = "URI",
      description = {
        "The folder for the savepoint, as the cluster reads it.",
        "Default: execution.checkpointing.savepoint-dir of job or cluster."
      })
  private @Nullable String folder;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      defaultValue = "5min",
      description = "How long the savepoint, and a start, may take (default: ${DEFAULT-VALUE}).")
  private Duration timeout = Duration.ofMinutes(5);

  @Nullable String folder() {
    return folder;
  }

  Duration timeout() {
    return timeout;
  }
}
