package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import io.tidemill.pipelines.jobs.Rescale;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.jobs.Upgrade;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill jobs rescale}: a job with another number of subtasks. */
@Command(
    name = "rescale",
    description = {
      "Run a job with another number of subtasks. Flink's adaptive scheduler does it in place;",
      "else the job is stopped with a savepoint and goes on with so many, as in an upgrade."
    },
    mixinStandardHelpOptions = true)
final class JobsRescaleCommand implements Callable<Integer> {
  @Parameters(paramLabel = "JOB", description = "The job's name, or the beginning of its id.")
  private String job = "";

  @Parameters(paramLabel = "PARALLELISM", description = "Subtasks of each of its tasks.")
  private int subtasks;

  @Option(
      names = "--by-savepoint",
      description = "Stop it and start it, also where the scheduler could do without.")
  private boolean bySavepoint;

  @Mixin private ClusterOption place;
  @Mixin private StepLimit limit;
  @Mixin private UpgradeOptions options;
  @Mixin private Output output;

  private final Caller caller;

  JobsRescaleCommand(Caller caller) {
    this.caller = caller;
  }

  /** What JSON has of one that was not stopped. */
  private record View(String id, String name, int parallelism) {}

  @Override
  public Integer call() throws InterruptedException {
    if (subtasks < 1) {
      throw new CommandFailedException(
          ExitCode.USAGE, "parallelism: %d (expected: >= 1)".formatted(subtasks));
    }
    FlinkCluster cluster = place.cluster();
    JobState running = cluster.findRunning(job);
    Rescale rescale = new Rescale(cluster, running);
    if (!bySavepoint && rescale.isAdaptive()) {
      rescale.to(subtasks, limit.timeout());
      output.print(
          new View(running.id(), running.name(), subtasks),
          "%s runs with %d subtasks".formatted(running.name(), subtasks));
      return ExitCode.DONE.number();
    }
    @Nullable Submission now = options.wayBack(cluster, running, limit, caller.environment());
    if (now == null) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--no-way-back: beside a rescale by savepoint (expected: none, as the job itself is what is started again)");
    }
    Upgrade upgrade =
        new Upgrade(
            cluster,
            now.rescaled(subtasks, caller.environment()),
            now,
            options.limits(limit),
            output::say);
    return options.print(upgrade.of(running), output).number();
  }
}
