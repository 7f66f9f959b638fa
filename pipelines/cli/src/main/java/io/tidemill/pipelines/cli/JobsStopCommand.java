package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill jobs stop}: the end of a job on a cluster. */
@Command(
    name = "stop",
    description = {
      "Stop a job with a savepoint, from which 'tidemill submit --from-savepoint' goes on:",
      "what it has read is scored and published, or is in the savepoint."
    },
    mixinStandardHelpOptions = true)
final class JobsStopCommand implements Callable<Integer> {
  @Parameters(paramLabel = "JOB", description = "The job's name, or the beginning of its id.")
  private String job = "";

  @Mixin private ClusterOption place;
  @ArgGroup private @Nullable How how;
  @Mixin private StepLimit limit;
  @Mixin private Output output;

  /** In which way. */
  static final class How {
    @Option(names = "--savepoint", description = "Leave a savepoint; this is the default.")
    private boolean savepoint;

    @Option(
        names = "--drain",
        description = "The same, for a job that is not to go on: its source is at its end.")
    private boolean drain;

    @Option(
        names = "--cancel",
        description = {
          "End it as it is: it leaves its last checkpoint, and what it has",
          "published since then may be published again by a job that goes on."
        })
    private boolean cancel;
  }

  /** What JSON has. */
  private record View(String id, String name, @Nullable String savepoint) {}

  @Override
  public Integer call() throws InterruptedException {
    FlinkCluster cluster = place.cluster();
    JobState running = cluster.findRunning(job);
    if (how != null && how.cancel) {
      cluster.cancel(running, limit.timeout());
      output.print(
          new View(running.id(), running.name(), null),
          "%s is cancelled".formatted(running.name()));
      return ExitCode.DONE.number();
    }
    Duration timeout = limit.timeout();
    String savepoint =
        ConnectorOptions.withoutSecrets(
            cluster.stop(
                running, limit.folder(), how != null && how.drain && !how.savepoint, timeout));
    output.print(
        new View(running.id(), running.name(), savepoint),
        "%s has stopped; 'tidemill submit JOB.yaml --from-savepoint %s%s' goes on from there"
            .formatted(running.name(), savepoint, place.words()));
    return ExitCode.DONE.number();
  }
}
