package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import io.tidemill.pipelines.jobs.Submission;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill submit}: a job on a session cluster. */
@Command(
    name = "submit",
    description = {
      "Start a job on a Flink session cluster that has Tidemill in its lib folder.",
      "It is planned here, and what was planned is what runs: models, columns and files are",
      "read on this machine. 'tidemill jobs' looks after it from then on.",
      "The job may be a unit of 'tidemill package', whose models are published in the store",
      "where they are not there yet."
    },
    mixinStandardHelpOptions = true)
final class SubmitCommand implements Callable<Integer> {
  @Mixin private SubmittedJob job;
  @Mixin private ClusterOption place;
  @Mixin private Output output;

  @Option(
      names = {"-s", "--from-savepoint"},
      paramLabel = "PATH",
      description = "Go on from a savepoint or a retained checkpoint, as the cluster reads it.")
  private @Nullable String savepoint;

  @Option(
      names = SubmittedJob.ALLOW_DOUBLES,
      description = {
        "Begin an exactly-once job anew also on a cluster without high availability:",
        "begun once more after its JobManager died, it publishes its predictions once more."
      })
  private boolean allowDoubles;

  /** What JSON has. */
  private record View(String id, String name, String cluster, List<String> models, String next) {}

  @Override
  public Integer call() throws InterruptedException {
    FlinkCluster cluster = place.cluster();
    Submission planned = job.plan();
    planned.checkStarts(cluster, savepoint, allowDoubles, SubmittedJob.ALLOW_DOUBLES, output::say);
    Submission submission = job.published(planned);
    JobState started = submission.startOn(cluster, savepoint);
    String next = "tidemill jobs show %s%s".formatted(started.name(), place.words());
    List<String> models = submission.job().modelNames();
    output.print(
        new View(started.id(), started.name(), cluster.toString(), models, next),
        "%s runs on %s as %s, with %s; '%s' looks at it"
            .formatted(started.name(), cluster, started.id(), String.join(", ", models), next));
    return ExitCode.DONE.number();
  }
}
