package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobReport;
import io.tidemill.pipelines.jobs.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill jobs list}: what runs on a cluster, and how it goes. */
@Command(
    name = "list",
    description = {
      "List the jobs that run: state, restarts, records, dead letters, last checkpoint.",
      "Records are those since the tasks started, some ten seconds old."
    },
    mixinStandardHelpOptions = true)
final class JobsListCommand implements Callable<Integer> {
  @Mixin private ClusterOption place;
  @Mixin private Output output;

  @Option(
      names = {"-a", "--all"},
      description = "Also those that have ended, as long as the cluster remembers them.")
  private boolean all;

  @Override
  public Integer call() throws InterruptedException {
    FlinkCluster cluster = place.cluster();
    List<JobReport> reports = new ArrayList<>();
    for (JobState job : cluster.jobs()) {
      if (all || !job.ended()) {
        reports.add(JobReport.of(cluster, job));
      }
    }
    TextTable table =
        new TextTable(
            "NAME",
            "STATE",
            "SINCE",
            "RESTARTS",
            "IN",
            "OUT",
            "DEAD LETTERS",
            "LAST CHECKPOINT",
            "ID");
    for (JobReport job : reports) {
      JobReport.Checkpoint checkpoint = job.checkpoint();
      table.add(
          job.name(),
          job.state(),
          job.since(),
          String.valueOf(job.restarts()),
          String.valueOf(job.recordsIn()),
          String.valueOf(job.recordsOut()),
          String.valueOf(job.deadLetters()),
          checkpoint == null ? "none" : checkpoint.time(),
          job.id());
    }
    output.print(reports, table::print);
    return ExitCode.DONE.number();
  }
}
