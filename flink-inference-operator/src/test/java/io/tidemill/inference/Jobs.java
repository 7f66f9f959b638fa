package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.FakeModel;
import io.tidemill.model.loader.FakeModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.jspecify.annotations.Nullable;

/** What the tests that run whole jobs are made of: records are numbers, each scored by itself. */
final class Jobs {
  /** Of a source that nothing holds back. */
  static final RateLimiterStrategy<NumberSequenceSplit> AT_ONCE =
      parallelism -> records -> CompletableFuture.completedFuture(null);

  private static final int SLOTS = 6;

  private Jobs() {}

  static MiniClusterExtension cluster() {
    return new MiniClusterExtension(
        new MiniClusterResourceConfiguration.Builder()
            .setNumberTaskManagers(1)
            .setNumberSlotsPerTaskManager(SLOTS)
            .build());
  }

  /** Checkpoints every 50 ms and restarts after a failure, unless {@code extra} says otherwise. */
  static StreamExecutionEnvironment environment(int parallelism, Configuration extra) {
    Configuration configuration = new Configuration();
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 5);
    configuration.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(10));
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(50));
    configuration.addAll(extra);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    env.setParallelism(parallelism);
    env.setRuntimeMode(RuntimeExecutionMode.STREAMING);
    return env;
  }

  /** A checkpoint is made when the test asks for one, and kept in the folder. */
  static Configuration checkpointsOnDemand(String folder) {
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofHours(1));
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder);
    configuration.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    return configuration;
  }

  /** The same, begun where a checkpoint or savepoint ended if there is one. */
  static Configuration resumed(Configuration configuration, @Nullable String from) {
    Configuration resumed = new Configuration(configuration);
    if (from != null) {
      resumed.set(StateRecoveryOptions.SAVEPOINT_PATH, from);
    }
    return resumed;
  }

  /** The records 1 to {@code last}, from one subtask that a checkpoint makes go on. */
  static SingleOutputStreamOperator<Long> source(
      StreamExecutionEnvironment env, long last, RateLimiterStrategy<NumberSequenceSplit> rate) {
    return env.fromSource(
            new DataGeneratorSource<>(index -> index + 1, last, rate, Types.LONG),
            WatermarkStrategy.noWatermarks(),
            "source")
        .uid("source")
        .setParallelism(1);
  }

  /** A step whose results are its records. */
  static Inference.NeedsName<Long, Long> step(DataStream<Long> records, FakeModel model) {
    return Inference.on(records)
        .model(FakeModels.source(model))
        .encode(
            (record, columns, row) -> {
              columns.fixedWidth(0).setFloat(row, record);
              return true;
            })
        .decode(
            (record, outputs, row) -> check(record, outputs.fixedWidth(0).getFloat(row)),
            Types.LONG);
  }

  /** A result that is its record, if the score is the record's own. */
  private static Long check(long record, float score) {
    if (score != record) {
      throw new AssertionError("record " + record + " was given the score " + score);
    }
    return record;
  }

  static List<Long> collect(DataStream<Long> stream) throws Exception {
    List<Long> collected = new ArrayList<>();
    try (CloseableIterator<Long> results = stream.executeAndCollect()) {
      results.forEachRemaining(collected::add);
    }
    return collected;
  }

  static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  /** Waits until a job makes checkpoints, which it does when the restored channels are read. */
  static void awaitRunning(MiniCluster cluster, JobClient job) throws Exception {
    CommonTestUtils.waitForAllTaskRunning(cluster, job.getJobID(), false);
  }

  /** Cancels a job and waits for its end. */
  static void cancel(JobClient job) throws Exception {
    job.cancel().get();
    assertThatThrownBy(() -> job.getJobExecutionResult().get())
        .hasRootCauseInstanceOf(JobCancellationException.class);
  }
}
