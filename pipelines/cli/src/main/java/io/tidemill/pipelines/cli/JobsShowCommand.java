package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobReport;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill jobs show}: all that a cluster tells of a job. */
@Command(
    name = "show",
    description = "Show a job: models, tasks, failures with their cause, savepoints.",
    mixinStandardHelpOptions = true)
final class JobsShowCommand implements Callable<Integer> {
  @Parameters(paramLabel = "JOB", description = "The job's name, or the beginning of its id.")
  private String job = "";

  @Mixin private ClusterOption place;
  @Mixin private Output output;

  @Override
  public Integer call() throws InterruptedException {
    FlinkCluster cluster = place.cluster();
    JobReport report = JobReport.of(cluster, cluster.find(job));
    output.print(report, out -> print(out, report));
    return ExitCode.DONE.number();
  }

  private static void print(PrintWriter out, JobReport job) {
    out.printf("job          %s (%s)%n", job.name(), job.id());
    out.printf("state        %s since %s%n", job.state(), job.since());
    if (job.startedFrom() != null) {
      out.printf("started from %s%n", job.startedFrom());
    }
    job.models().forEach((step, model) -> out.printf("model        %s in step %s%n", model, step));
    out.printf(
        "records      %d in, %d out, %d dead letters since its tasks started%n",
        job.recordsIn(), job.recordsOut(), job.deadLetters());
    out.printf("restarts     %d%n", job.restarts());
    JobReport.Checkpoint checkpoint = job.checkpoint();
    out.printf("checkpoint   %s%n", checkpoint == null ? "none" : line(checkpoint));
    job.savepoints().forEach(savepoint -> out.printf("savepoint    %s%n", line(savepoint)));
    for (JobReport.Failure failure : job.failures()) {
      out.printf(
          "failure      %s%s: %s%n",
          failure.time(), failure.task() == null ? "" : " in " + failure.task(), failure.cause());
    }
    out.println();
    TextTable table = new TextTable("TASKS", "STATE", "PARALLELISM");
    for (JobReport.Vertex vertex : job.vertices()) {
      table.add(vertex.name(), vertex.state(), String.valueOf(vertex.parallelism()));
    }
    table.print(out);
  }

  private static String line(JobReport.Checkpoint checkpoint) {
    return "%d of %s%s"
        .formatted(
            checkpoint.number(),
            checkpoint.time(),
            checkpoint.path() == null
                ? ", in the JobManager's memory"
                : " in " + checkpoint.path());
  }
}
