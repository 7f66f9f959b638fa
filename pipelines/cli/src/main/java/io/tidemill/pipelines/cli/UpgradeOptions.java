package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.ModelProblemsException;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.jobs.Upgrade;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a job takes the place of another one, and what is said of it. */
final class UpgradeOptions {
  private static final String NO_WAY_BACK = "--no-way-back";

  @Option(
      names = "--health",
      paramLabel = "TIME",
      defaultValue = "30s",
      description = {
        "How long it has to run without any failure before it is taken for good",
        "(default: ${DEFAULT-VALUE})."
      })
  private Duration health = Duration.ofSeconds(30);

  @Option(
      names = NO_WAY_BACK,
      description = "Also where the former job could not be started again from here.")
  private boolean noWayBack;

  Upgrade.Limits limits(StepLimit limit) {
    return new Upgrade.Limits(limit.timeout(), health, limit.folder());
  }

  /** The job as it runs, planned once more while it still does; null if there is to be none. */
  @Nullable Submission wayBack(
      FlinkCluster cluster, JobState running, StepLimit limit, Map<String, String> environment)
      throws InterruptedException {
    if (noWayBack) {
      return null;
    }
    Optional<CarriedJob> carried = cluster.carriedByRunning(running, limit.timeout());
    if (carried.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "job '%s' was not started by 'tidemill submit', so that it cannot be started again from here if the other does not come up (expected: %s, to do it all the same)"
              .formatted(running.name(), NO_WAY_BACK));
    }
    try {
      return new Submission(carried.get().plan(environment), carried.get(), false);
    } catch (InvalidPipelineException | ModelProblemsException | UncheckedIOException cannot) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "job '%s', as it runs, could not be started again from here if the other does not come up: %s (expected: its variables, its store and its file systems here, too; or %s, to do it all the same)"
              .formatted(running.name(), cannot.getMessage(), NO_WAY_BACK),
          cannot);
    }
  }

  /** Prints what came of it. */
  ExitCode print(Upgrade.Outcome outcome, Output output) {
    output.print(
        outcome,
        outcome.upgraded()
            ? "%s runs as %s; it went on from %s"
                .formatted(outcome.name(), outcome.id(), outcome.savepoint())
            : "%s runs again as it was, as %s, and went on from %s; the new one did not come up: %s"
                .formatted(outcome.name(), outcome.id(), outcome.savepoint(), outcome.why()));
    return outcome.upgraded() ? ExitCode.DONE : ExitCode.FAILED;
  }
}
