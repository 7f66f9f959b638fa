package io.tidemill.pipelines;

import io.tidemill.pipelines.compose.PlannedPipeline;
import java.util.Map;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The entry class for a job on a Flink cluster: takes {@code JOB.yaml} and the options of {@code
 * tidemill run}, and plans the job where it is submitted.
 *
 * <p>Unlike the command it never ends the process, which may be the JobManager: what is wrong is
 * thrown, and Flink reports it as the reason why the job failed.
 *
 * <p>For use by one thread.
 */
@Command(
    name = "tidemill-job",
    description = "Adds a job to the Flink cluster that runs this class.")
public final class ClusterJob {
  @Mixin private JobOptions job = new JobOptions();

  private ClusterJob() {}

  /** Plans a job and executes it on the cluster. */
  public static void main(String[] arguments) throws Exception {
    ClusterJob entry = new ClusterJob();
    new CommandLine(entry).parseArgs(arguments);
    entry.execute(System.getenv());
  }

  private void execute(Map<String, String> environment) throws Exception {
    PlannedPipeline pipeline = job.plan(environment);
    StreamExecutionEnvironment cluster =
        StreamExecutionEnvironment.getExecutionEnvironment(pipeline.configuration());
    pipeline.attach(cluster);
    cluster.execute(pipeline.definition().name());
  }
}
