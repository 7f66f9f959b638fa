package io.tidemill.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.JobID;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * How long a checkpoint of a job with Tidemill's operator takes, from its trigger to its
 * completion, one after another.
 *
 * @param pace of the records
 * @param kind what is called: {@code HELD}, so that a call of two seconds is always in flight, or
 *     the workload's own model
 */
record CheckpointJob(Workload workload, EndlessSource.Pace pace, WorkloadModel.Kind kind)
    implements ProcessVariant {
  private static final Duration PAUSE = Duration.ofMillis(10);
  private static final long START_SECONDS = 60;
  private static final long CHECKPOINT_SECONDS = 30;

  /** Without a record. */
  static CheckpointJob idle(Workload workload) {
    return new CheckpointJob(workload, EndlessSource.Pace.SILENT, WorkloadModel.Kind.HELD);
  }

  @Override
  public String name() {
    return switch (pace) {
      case SILENT -> "checkpoint-idle";
      case SLOW -> "checkpoint-in-call";
      case STEADY -> "checkpoint-backlog";
      case BRISK, FULL -> "checkpoint-scoring";
    };
  }

  @Override
  public String floor() {
    return idle(workload).name();
  }

  @Override
  public void measure(Turns turns) throws Exception {
    try (Meter meter = Meter.open(name());
        MiniCluster cluster = new MiniCluster(oneSlot())) {
      cluster.start();
      JobGraph job = graph().getStreamGraph().getJobGraph();
      cluster.submitJob(job).get();
      try {
        awaitStart(cluster, job.getJobID(), meter);
        durations(cluster, job.getJobID(), meter, turns.warmUp());
        for (Optional<Duration> turn = turns.next(); turn.isPresent(); turn = turns.next()) {
          List<Double> millis = durations(cluster, job.getJobID(), meter, turn.get());
          turns.end(Measurement.ofCheckpoints(millis));
        }
      } finally {
        meter.stop();
        cluster.requestJobResult(job.getJobID()).get(START_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  private static MiniClusterConfiguration oneSlot() {
    Configuration configuration = new Configuration();
    configuration.set(RestOptions.BIND_PORT, "0");
    return new MiniClusterConfiguration.Builder()
        .setConfiguration(configuration)
        .setNumTaskManagers(1)
        .setNumSlotsPerTaskManager(1)
        .build();
  }

  private StreamExecutionEnvironment graph() {
    WorkloadModel model = new WorkloadModel(workload, kind, name());
    StreamExecutionEnvironment environment =
        ScoringJob.build(
            name(),
            workload,
            1,
            pace,
            (records, scoredType) ->
                OperatorJob.of(workload, workload.usualBatch()).score(records, model));
    // Only those that are triggered here.
    environment.enableCheckpointing(Duration.ofDays(1).toMillis());
    return environment;
  }

  /** Waits for a first checkpoint, and for a first call if there are any. */
  private void awaitStart(MiniCluster cluster, JobID job, Meter meter) throws Exception {
    long startNanos = System.nanoTime();
    boolean running = false;
    while (!running || (pace != EndlessSource.Pace.SILENT && meter.total() == 0)) {
      if (System.nanoTime() - startNanos > TimeUnit.SECONDS.toNanos(START_SECONDS)) {
        throw new IllegalStateException(
            "%s: no checkpoint or no call after %d s (expected: both)"
                .formatted(name(), START_SECONDS));
      }
      try {
        checkpointMillis(cluster, job);
        running = true;
      } catch (ExecutionException e) {
        // Refused while the job starts.
        running = false;
      }
      meter.awaitStop(PAUSE);
    }
  }

  private static List<Double> durations(
      MiniCluster cluster, JobID job, Meter meter, Duration length) throws Exception {
    List<Double> millis = new ArrayList<>();
    long startNanos = System.nanoTime();
    while (millis.isEmpty() || System.nanoTime() - startNanos < length.toNanos()) {
      millis.add(checkpointMillis(cluster, job));
      meter.awaitStop(PAUSE);
    }
    return millis;
  }

  private static double checkpointMillis(MiniCluster cluster, JobID job) throws Exception {
    long startNanos = System.nanoTime();
    cluster.triggerCheckpoint(job).get(CHECKPOINT_SECONDS, TimeUnit.SECONDS);
    return (System.nanoTime() - startNanos) / 1e6;
  }
}
