package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.jobs.Upgrade;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill jobs upgrade}: a job in the place of one that runs. */
@Command(
    name = "upgrade",
    description = {
      "Put a job in the place of the one that runs under its name, such as with a new model.",
      "It is planned, and compared with the state of the other; only then that one is stopped",
      "with a savepoint, and this one goes on from it. If it does not come up, or fails",
      "while it is watched, the former goes on instead, and the exit code is 1."
    },
    mixinStandardHelpOptions = true)
final class JobsUpgradeCommand implements Callable<Integer> {
  @Mixin private SubmittedJob job;

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description = "The job that runs, by its name or id (default: the name in JOB.yaml).")
  private @Nullable String former;

  @Mixin private ClusterOption place;
  @Mixin private StepLimit limit;
  @Mixin private UpgradeOptions options;
  @Mixin private Output output;

  private final Caller caller;

  JobsUpgradeCommand(Caller caller) {
    this.caller = caller;
  }

  @Override
  public Integer call() throws InterruptedException {
    FlinkCluster cluster = place.cluster();
    Submission planned = job.plan();
    JobState running =
        cluster.findRunning(former == null ? planned.job().definition().name() : former);
    @Nullable Submission now = options.wayBack(cluster, running, limit, caller.environment());
    planned.checkReplaces(cluster, running);
    Upgrade upgrade =
        new Upgrade(cluster, job.published(planned), now, options.limits(limit), output::say);
    return options.print(upgrade.of(running), output).number();
  }
}
