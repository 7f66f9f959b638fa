package io.tidemill.pipelines;

import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.unit.Units;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The entry class for a job on a Flink cluster: takes {@code JOB.yaml} or a unit and the options of
 * {@code tidemill run}, and plans the job where it is submitted. The versions of a unit are
 * published in the store, which all machines of the cluster reach.
 *
 * <p>Unlike the command it does not end the process, which may be the JobManager of other jobs:
 * what is wrong is thrown, and Flink reports it as the reason why the job failed. Where it is the
 * job's own, {@code --exit-on-failed-plan} ends it.
 *
 * <p>For use by one thread.
 */
@Command(
    name = "tidemill-job",
    description = "Adds a job to the Flink cluster that runs this class.")
public final class ClusterJob {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterJob.class);

  /** The option of a JobManager of one job, which is started again. */
  public static final String EXIT_ON_FAILED_PLAN = "--exit-on-failed-plan";

  private static final String ALLOW_DOUBLES = "--allow-doubles";

  private final Units units;

  @Mixin private JobOptions job;
  @Mixin private SignedByOption signedBy;

  @Option(
      names = ALLOW_DOUBLES,
      description = {
        "Begin an exactly-once job anew also on a cluster without high availability:",
        "begun once more after its JobManager died, it publishes its predictions once more."
      })
  private boolean allowDoubles;

  @Option(
      names = EXIT_ON_FAILED_PLAN,
      description = {
        "End the process with exit code 1 where the job cannot be planned, as when the store does not",
        "answer. For a JobManager of this job alone that is started again: one that takes over a job",
        "that runs, and cannot plan it, else gives it up, with its state. Not for a session cluster."
      })
  private boolean exitOnFailedPlan;

  private ClusterJob(Units units) {
    this.units = units;
    this.job = new JobOptions(units);
    this.signedBy = new SignedByOption(units);
  }

  /** Plans a job and executes it on the cluster. */
  public static void main(String[] arguments) throws Exception {
    ClusterJob entry = new ClusterJob(new Units(System.getenv()));
    PlannedPipeline pipeline;
    StreamExecutionEnvironment cluster;
    try {
      new CommandLine(entry).parseArgs(arguments);
      pipeline = entry.plan(System.getenv());
      if (!entry.allowDoubles) {
        checkStart(pipeline);
      }
      cluster = StreamExecutionEnvironment.getExecutionEnvironment(pipeline.configuration());
      pipeline.attach(cluster);
    } catch (Throwable e) {
      // What is not understood may stand before it.
      boolean exits = entry.exitOnFailedPlan || List.of(arguments).contains(EXIT_ON_FAILED_PLAN);
      boolean cancelled =
          e instanceof InterruptedException || Thread.currentThread().isInterrupted();
      if (exits && !cancelled && !isClient()) {
        exit(e);
      }
      throw e;
    }
    cluster.execute(pipeline.definition().name());
  }

  private static boolean isClient() {
    return RemoteCluster.of(StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration())
        .isPresent();
  }

  private static void exit(Throwable failed) {
    LOG.error(
        "The job cannot be planned, and the process ends so that it can be started again", failed);
    // Hooks would end what Flink keeps for the next one.
    Runtime.getRuntime().halt(1);
  }

  private PlannedPipeline plan(Map<String, String> environment) {
    // What a unit holds is read and published by then.
    try (units) {
      signedBy.demand();
      return job.planForCluster(environment);
    }
  }

  /**
   * What the cluster itself is configured with is in an environment without the job's options; or
   * it is asked, where that is the environment of a client, which may know little of it.
   */
  private static void checkStart(PlannedPipeline pipeline) throws InterruptedException {
    ReadableConfig here = StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration();
    if (!pipeline.mayPublishTwice(here)) {
      return;
    }
    Optional<RemoteCluster> remote = RemoteCluster.of(here);
    Optional<Configuration> there =
        remote.isEmpty() ? Optional.empty() : remote.get().configuration();
    // One that does not answer is taken for one that keeps nothing.
    pipeline.checkPublishesOnce(there.orElseGet(Configuration::new), ALLOW_DOUBLES);
  }
}
