package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.jobs.ClusterLogs;
import io.tidemill.pipelines.jobs.ClusterLogs.Log;
import io.tidemill.pipelines.jobs.FlinkCluster;
import io.tidemill.pipelines.jobs.JobState;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill jobs logs}: what the processes of a cluster have logged. */
@Command(
    name = "logs",
    description = "Print the ends of the logs of the JobManager and the TaskManagers.",
    mixinStandardHelpOptions = true)
final class JobsLogsCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "JOB",
      arity = "0..1",
      description = "Only of the TaskManagers that run this job, by its name or id.")
  private @Nullable String job;

  @Option(
      names = "--tail",
      paramLabel = "LINES",
      defaultValue = "100",
      description = "How many lines of each (default: ${DEFAULT-VALUE}).")
  private int lines;

  @Mixin private ClusterOption place;
  @Mixin private Output output;

  @Override
  public Integer call() throws InterruptedException {
    if (lines < 1) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--tail: %d (expected: >= 1)".formatted(lines));
    }
    FlinkCluster cluster = place.cluster();
    Optional<JobState> of = job == null ? Optional.empty() : Optional.of(cluster.find(job));
    List<Log> logs = new ClusterLogs(cluster, lines).of(of);
    output.print(logs, out -> logs.forEach(log -> print(out, log)));
    return ExitCode.DONE.number();
  }

  private static void print(PrintWriter out, Log log) {
    out.printf("== %s%n", log.process());
    log.lines().forEach(out::println);
  }
}
