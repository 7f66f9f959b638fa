package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.loader.FakeModel;
import io.tidemill.model.loader.FakeModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.client.JobCancellationException;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.MiniClusterResourceConfiguration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Steps in real jobs on a real cluster. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class InferenceITCase {
  private static final int SLOTS = 6;

  @RegisterExtension
  static final MiniClusterExtension CLUSTER =
      new MiniClusterExtension(
          new MiniClusterResourceConfiguration.Builder()
              .setNumberTaskManagers(1)
              .setNumberSlotsPerTaskManager(SLOTS)
              .build());

  private final FakeModel model = FakeModel.ofFeatures(1);

  private static StreamExecutionEnvironment environment(int parallelism, Configuration extra) {
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

  private static Inference.Step<Long, Long> step(DataStream<Long> records, FakeModel model) {
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

  private static List<Long> collect(DataStream<Long> stream) throws Exception {
    List<Long> collected = new ArrayList<>();
    try (CloseableIterator<Long> results = stream.executeAndCollect()) {
      results.forEachRemaining(collected::add);
    }
    return collected;
  }

  private static List<Long> range(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  @Test
  void scoresEveryRecordOnceInOrder() throws Exception {
    StreamExecutionEnvironment env = environment(1, new Configuration());
    Scored<Long, Long> scored = step(env.fromSequence(1, 10_000), model).maxSize(64).apply("score");
    assertThat(collect(scored.predictions())).isEqualTo(range(1, 10_000));
  }

  @Test
  void everyRecordIsSeenOnceThoughTheTaskFailsInMidBatch() throws Exception {
    AtomicBoolean failed = new AtomicBoolean();
    int[] calls = {0};
    model.behave(
        (self, input, allocator) -> {
          synchronized (calls) {
            if (++calls[0] == 150 && failed.compareAndSet(false, true)) {
              throw new AssertionError("the machine has a fault");
            }
          }
          return self.answer(input, allocator);
        });
    StreamExecutionEnvironment env = environment(2, new Configuration());
    Scored<Long, Long> scored =
        step(env.fromSequence(1, 50_000), model).maxSize(32).maxInFlight(3).apply("score");
    assertThat(collect(scored.predictions())).containsExactlyInAnyOrderElementsOf(range(1, 50_000));
    assertThat(failed).isTrue();
  }

  @Test
  void chainedStepsWithSmallLimitsNeverBlockEachOther() throws Exception {
    for (boolean objectReuse : new boolean[] {false, true}) {
      Configuration configuration = new Configuration();
      configuration.set(PipelineOptions.OBJECT_REUSE, objectReuse);
      configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(10));
      StreamExecutionEnvironment env = environment(2, configuration);
      DataStream<Long> first =
          step(env.fromSequence(1, 20_000), FakeModel.ofFeatures(1))
              .maxSize(3)
              .maxInFlight(1)
              .apply("first")
              .predictions();
      DataStream<Long> second =
          step(first, FakeModel.ofFeatures(1))
              .maxSize(2)
              .maxInFlight(1)
              .unordered()
              .apply("second")
              .predictions();
      DataStream<Long> third =
          step(second, FakeModel.ofFeatures(1))
              .maxSize(5)
              .maxInFlight(2)
              .apply("third")
              .predictions();
      assertThat(collect(third)).containsExactlyInAnyOrderElementsOf(range(1, 20_000));
    }
  }

  @Test
  void deadLettersLeaveByTheSideOutput() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          for (int row = 0; row < input.rows(); row++) {
            if ((long) FakeModel.sum(input, row) % 1000 == 7) {
              throw new ModelCallException("seven again");
            }
          }
          return self.answer(input, allocator);
        });
    StreamExecutionEnvironment env = environment(1, new Configuration());
    Scored<Long, Long> scored = step(env.fromSequence(1, 5_000), model).maxSize(128).apply("score");
    DataStream<Long> all =
        scored
            .predictions()
            .union(scored.deadLetters().map(letter -> -letter.record()).returns(Types.LONG));
    List<Long> collected = collect(all);
    assertThat(collected).hasSize(5_000);
    assertThat(collected.stream().filter(value -> value < 0).map(value -> -value))
        .containsExactly(7L, 1007L, 2007L, 3007L, 4007L);
  }

  /** faults.md row 7: the barrier does not wait for the model. */
  @Test
  void checkpointCompletesWhileEveryCallIsHeld(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch called = new CountDownLatch(1);
    model.behave(
        (self, input, allocator) -> {
          called.countDown();
          return FakeModel.waitingFor(gate).predict(self, input, allocator);
        });
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofHours(1));
    StreamExecutionEnvironment env = environment(1, configuration);
    // 20 records leave room in the open batch: the operator can accept, so the barrier passes. The
    // source
    // goes on, because the end of input does wait for the model.
    DataStream<Long> records =
        step(env.fromSequence(1, Long.MAX_VALUE).filter(record -> record <= 20), model)
            .maxSize(16)
            .apply("score")
            .predictions();
    records.sinkTo(new DiscardingSink<>());
    JobClient job = env.executeAsync();
    try {
      called.await();
      CompletableFuture<String> checkpoint = cluster.triggerCheckpoint(job.getJobID());
      assertThat(checkpoint.get(30, TimeUnit.SECONDS)).isNotEmpty();
      assertThat(gate.getCount()).isEqualTo(1);
    } finally {
      gate.countDown();
      job.cancel().get();
    }
  }

  /** faults.md row 4. */
  @Test
  void everyRecordSurvivesUnalignedCheckpointsAndRescaling(@TempDir Path folder) throws Exception {
    SeenSink.Seen seen = new SeenSink.Seen();
    SeenSink sink = SeenSink.of(seen);
    Configuration configuration = new Configuration();
    configuration.set(CheckpointingOptions.ENABLE_UNALIGNED, true);
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(20));
    String savepoint = null;
    int[] parallelisms = {2, 5, 1};
    for (int life = 0; life < parallelisms.length; life++) {
      boolean last = life == parallelisms.length - 1;
      Configuration resumed = new Configuration(configuration);
      if (savepoint != null) {
        resumed.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
      }
      StreamExecutionEnvironment env = environment(parallelisms[life], resumed);
      env.disableOperatorChaining();
      DataStream<Long> records =
          env.fromSource(
                  new DataGeneratorSource<>(
                      index -> index + 1,
                      60_000,
                      RateLimiterStrategy.perSecond(last ? 1_000_000 : 4_000),
                      Types.LONG),
                  WatermarkStrategy.noWatermarks(),
                  "source")
              .uid("source")
              .setParallelism(1)
              .rebalance();
      step(records, FakeModel.ofFeatures(1))
          .maxSize(16)
          .maxInFlight(3)
          .apply("score")
          .predictions()
          .sinkTo(sink)
          .uid("sink");
      JobClient job = env.executeAsync();
      if (last) {
        job.getJobExecutionResult().get();
      } else {
        seen.awaitSize(seen.size() + 1_000);
        savepoint =
            job.stopWithSavepoint(false, folder.toUri().toString(), SavepointFormatType.CANONICAL)
                .get();
      }
    }
    assertThat(seen.counts().keySet()).isEqualTo(Set.copyOf(range(1, 60_000)));
    assertThat(seen.counts().values()).containsOnly(1);
  }

  /** faults.md row 24: Arrow bytes are back to zero after the job. */
  @Test
  void cancelledJobGivesBackItsMemoryAndItsHandles() throws Exception {
    long before = ColumnMemory.allocatedBytes();
    CountDownLatch called = new CountDownLatch(10);
    model.behave(
        (self, input, allocator) -> {
          called.countDown();
          return self.answer(input, allocator);
        });
    StreamExecutionEnvironment env = environment(2, new Configuration());
    step(env.fromSequence(1, Long.MAX_VALUE), model)
        .apply("score")
        .predictions()
        .sinkTo(new DiscardingSink<>());
    JobClient job = env.executeAsync();
    called.await();
    job.cancel().get();
    assertThatThrownBy(() -> job.getJobExecutionResult().get())
        .hasRootCauseInstanceOf(JobCancellationException.class);
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
    assertThat(model.openHandles()).isZero();
  }
}
