package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.api.common.io.GenericInputFormat;
import org.apache.flink.api.common.io.NonParallelInput;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Steps in real jobs on a real cluster. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class InferenceITCase {
  @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

  private final FakeModel model = FakeModel.ofFeatures(1);

  @Test
  void scoresEveryRecordOnceInOrder() throws Exception {
    StreamExecutionEnvironment env = Jobs.environment(1, new Configuration());
    Scored<Long, Long> scored =
        Jobs.step(env.fromSequence(1, 10_000), model)
            .apply("score", StepSettings.defaults().withMaxSize(64));
    assertThat(Jobs.collect(scored.predictions())).isEqualTo(Jobs.range(1, 10_000));
  }

  /** Such a source has a thread of its own, which may not run the mails that make room. */
  @Test
  void recordsOfALegacySourceWaitForRoom() throws Exception {
    StreamExecutionEnvironment env = Jobs.environment(1, new Configuration());
    Scored<Long, Long> scored =
        Jobs.step(
                env.createInput(new NumberSequenceFormat(10_000), Types.LONG).forceNonParallel(),
                model)
            .apply("score", StepSettings.defaults().withMaxSize(2).withMaxInFlight(1));
    assertThat(Jobs.collect(scored.predictions())).isEqualTo(Jobs.range(1, 10_000));
  }

  /** The numbers from 1 on, as one split. */
  private static final class NumberSequenceFormat extends GenericInputFormat<Long>
      implements NonParallelInput {
    private static final long serialVersionUID = 1L;

    private final long last;
    private long next = 1;

    NumberSequenceFormat(long last) {
      this.last = last;
    }

    @Override
    public boolean reachedEnd() {
      return next > last;
    }

    @Override
    public Long nextRecord(Long reuse) {
      return next++;
    }
  }

  @Test
  void everyRecordIsSeenOnceThoughTheTaskFailsInMidBatch(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    SeenSink.Seen seen = new SeenSink.Seen();
    AtomicBoolean failed = new AtomicBoolean();
    model.behave(
        (self, input, allocator) -> {
          // Slow until a checkpoint is complete, for there must be one to go back to.
          if (!seen.hasAny(Duration.ofMillis(20))) {
            return self.answer(input, allocator);
          }
          if (failed.compareAndSet(false, true)) {
            throw new AssertionError("the machine has a fault");
          }
          return self.answer(input, allocator);
        });
    StreamExecutionEnvironment env = Jobs.environment(2, new Configuration());
    Jobs.step(env.fromSequence(1, 50_000), model)
        .apply("score", StepSettings.defaults().withMaxSize(32).withMaxInFlight(3))
        .predictions()
        .sinkTo(SeenSink.of(seen));
    JobClient job = env.executeAsync();
    job.getJobExecutionResult().get();

    assertThat(seen.counts().keySet()).isEqualTo(Set.copyOf(Jobs.range(1, 50_000)));
    assertThat(seen.counts().values()).containsOnly(1);
    assertThat(failed).isTrue();
    assertThat(
            cluster
                .getExecutionGraph(job.getJobID())
                .get()
                .getCheckpointStatsSnapshot()
                .getCounts()
                .getNumberOfRestoredCheckpoints())
        .isOne();
  }

  @Test
  void chainedStepsWithSmallLimitsNeverBlockEachOther() throws Exception {
    for (boolean objectReuse : new boolean[] {false, true}) {
      Configuration configuration = new Configuration();
      configuration.set(PipelineOptions.OBJECT_REUSE, objectReuse);
      configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(10));
      StreamExecutionEnvironment env = Jobs.environment(2, configuration);
      DataStream<Long> first =
          Jobs.step(env.fromSequence(1, 20_000), FakeModel.ofFeatures(1))
              .apply("first", StepSettings.defaults().withMaxSize(3).withMaxInFlight(1))
              .predictions();
      DataStream<Long> second =
          Jobs.step(first, FakeModel.ofFeatures(1))
              .apply(
                  "second",
                  StepSettings.defaults()
                      .withMaxSize(2)
                      .withMaxInFlight(1)
                      .withOrder(Order.UNORDERED))
              .predictions();
      DataStream<Long> third =
          Jobs.step(second, FakeModel.ofFeatures(1))
              .apply("third", StepSettings.defaults().withMaxSize(5).withMaxInFlight(2))
              .predictions();
      assertThat(Jobs.collect(third)).containsExactlyInAnyOrderElementsOf(Jobs.range(1, 20_000));
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
    StreamExecutionEnvironment env = Jobs.environment(1, new Configuration());
    Scored<Long, Long> scored =
        Jobs.step(env.fromSequence(1, 5_000), model)
            .apply("score", StepSettings.defaults().withMaxSize(128));
    DataStream<Long> all =
        scored
            .predictions()
            .union(scored.deadLetters().map(letter -> -letter.record()).returns(Types.LONG));
    List<Long> collected = Jobs.collect(all);
    assertThat(collected).hasSize(5_000);
    assertThat(collected.stream().filter(value -> value < 0).map(value -> -value))
        .containsExactly(7L, 1007L, 2007L, 3007L, 4007L);
  }

  @Test
  void aStepIsChainedToItsNeighbours() {
    StreamExecutionEnvironment env = Jobs.environment(2, new Configuration());
    DataStream<Long> between =
        Jobs.step(env.fromSequence(1, 10).map(record -> record).returns(Types.LONG), model)
            .apply("first")
            .predictions();
    Jobs.step(between, FakeModel.ofFeatures(1))
        .apply("second")
        .predictions()
        .sinkTo(new DiscardingSink<>());

    assertThat(env.getStreamGraph().getJobGraph().getNumberOfVertices()).isOne();
  }

  @Test
  void oneWorkerMakesEveryCallWhereTheTaskThreadIsToMakeNone() throws Exception {
    StreamExecutionEnvironment env = Jobs.environment(1, new Configuration());
    Scored<Long, Long> scored =
        Jobs.step(env.fromSequence(1, 5_000), model)
            .apply(
                "score",
                StepSettings.defaults()
                    .withMaxInFlight(4)
                    .withMaxSize(8)
                    .withMaxDelay(Duration.ofSeconds(1))
                    .withShortCall(Duration.ZERO)
                    .withWorkers(1));

    assertThat(Jobs.collect(scored.predictions())).hasSize(5_000);
    assertThat(model.calls().stream().map(FakeModel.Call::thread).distinct()).hasSize(1);
  }
}
