package io.tidemill.inference;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.operator.Passage;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiter;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.execution.ExecutionState;
import org.apache.flink.runtime.executiongraph.AccessExecutionVertex;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.test.junit5.InjectMiniCluster;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What checkpoints of real jobs hold, and what comes of them at any parallelism. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class CheckpointITCase {
  private static final int MAX_SIZE = 16;
  private static final int MAX_IN_FLIGHT = 2;

  @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

  @TempDir private Path folder;

  private final SeenSink.Seen seen = new SeenSink.Seen();
  private final SeenSink sink = SeenSink.of(seen);
  // The last life of a job, whose end waits for a checkpoint.
  private final Configuration atIntervals = new Configuration();
  private Configuration onDemand = new Configuration();

  @BeforeEach
  void keepCheckpointsInTheFolder() {
    onDemand = Jobs.checkpointsOnDemand(folder.toUri().toString());
  }

  /** A job whose step stands behind an exchange. */
  private JobClient start(
      StreamExecutionEnvironment env,
      long last,
      RateLimiterStrategy<NumberSequenceSplit> rate,
      FakeModel model)
      throws Exception {
    Jobs.step(Jobs.source(env, last, rate).rebalance(), model)
        .apply(
            "score",
            StepSettings.defaults()
                .withMaxSize(MAX_SIZE)
                .withMaxInFlight(MAX_IN_FLIGHT)
                .withMaxDelay(Duration.ofHours(1))
                .withWorkers(MAX_IN_FLIGHT))
        .predictions()
        .sinkTo(sink)
        .uid("sink");
    return env.executeAsync();
  }

  private void assertSeenOnce(long last) {
    assertThat(seen.counts().keySet()).isEqualTo(Set.copyOf(Jobs.range(1, last)));
    assertThat(seen.counts().values()).containsOnly(1);
  }

  /** The barrier does not wait for the model. */
  @Test
  void checkpointCompletesWhileEveryCallIsHeld(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    FakeModel model = FakeModel.ofFeatures(1).behave(FakeModel.held(held));
    Passage passage = Passage.closed();
    StreamExecutionEnvironment env = Jobs.environment(1, onDemand);
    Jobs.step(Jobs.source(env, 1_000, passage), model)
        .apply(
            "score",
            StepSettings.defaults()
                .withMaxSize(16)
                .withMaxInFlight(1)
                .withMaxDelay(Duration.ofHours(1)))
        .predictions()
        .sinkTo(sink);
    JobClient job = env.executeAsync();

    Jobs.awaitRunning(cluster, job);
    // One batch takes the only slot, and the open one has room: the operator can accept.
    passage.let(20);
    held.await();
    String checkpoint = cluster.triggerCheckpoint(job.getJobID()).get();

    assertThat(model.callSizes()).containsExactly(16);
    assertThat(seen.size()).isZero();
    assertThat(KeptCheckpoint.read(checkpoint, "score").records()).containsExactly(20);
    Jobs.cancel(job);
  }

  /** Records wait in the step and in the channels before it. */
  @Test
  void everyRecordOfAnUnalignedCheckpointIsRestoredAtAnotherParallelism(
      @InjectMiniCluster MiniCluster cluster) throws Exception {
    onDemand.set(CheckpointingOptions.ENABLE_UNALIGNED, true);

    String ofTwo = checkpointUnderPressure(cluster, 2, null);
    String ofFive = checkpointUnderPressure(cluster, 5, ofTwo);
    StreamExecutionEnvironment env = Jobs.environment(1, Jobs.resumed(atIntervals, ofFive));
    start(env, 10_000, Jobs.AT_ONCE, FakeModel.ofFeatures(1)).getJobExecutionResult().get();

    assertSeenOnce(10_000);
  }

  private String checkpointUnderPressure(
      MiniCluster cluster, int parallelism, @Nullable String from) throws Exception {
    FakeModel model = FakeModel.ofFeatures(1);
    Passage passage = Passage.closed();
    StreamExecutionEnvironment env = Jobs.environment(parallelism, Jobs.resumed(onDemand, from));
    JobClient job = start(env, 10_000, passage, model);
    Jobs.awaitRunning(cluster, job);
    Semaphore turns = new Semaphore(0);
    CountDownLatch held = new CountDownLatch(parallelism * MAX_IN_FLIGHT);
    model.behave(
        (self, input, allocator) -> {
          held.countDown();
          turns.acquireUninterruptibly();
          return self.answer(input, allocator);
        });
    passage.let(4_000);
    held.await();

    CompletableFuture<String> checkpoint = cluster.triggerCheckpoint(job.getJobID());
    // A step that waits for a slot takes the barrier when it has one.
    String pointer = null;
    while (pointer == null) {
      turns.release();
      pointer = within(checkpoint, Duration.ofMillis(10));
    }
    turns.release(10_000);
    Jobs.cancel(job);

    KeptCheckpoint kept = KeptCheckpoint.read(pointer, "score");
    assertThat(kept.records()).hasSize(parallelism).allMatch(records -> records > MAX_SIZE);
    assertThat(kept.channelBytes()).hasSize(parallelism).allMatch(bytes -> bytes > 0);
    return pointer;
  }

  private static <V> @Nullable V within(CompletableFuture<V> future, Duration patience)
      throws InterruptedException, ExecutionException {
    try {
      return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return null;
    }
  }

  /** A savepoint's barrier waits for the channels, not for the model. */
  @Test
  void everyRecordOfASavepointIsRestoredAtAnotherParallelism(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    String ofTwo = savepointInMidBatch(cluster, 2, null, 40);
    String ofFive = savepointInMidBatch(cluster, 5, ofTwo, 60);
    StreamExecutionEnvironment env = Jobs.environment(1, Jobs.resumed(atIntervals, ofFive));
    start(env, 2_000, Jobs.AT_ONCE, FakeModel.ofFeatures(1)).getJobExecutionResult().get();

    assertSeenOnce(2_000);
  }

  /** A savepoint of twenty records in each subtask, the restored ones among them. */
  private String savepointInMidBatch(
      MiniCluster cluster, int parallelism, @Nullable String from, int records) throws Exception {
    CountDownLatch held = new CountDownLatch(parallelism);
    FakeModel model = FakeModel.ofFeatures(1).behave(FakeModel.held(held));
    Passage passage = Passage.closed();
    StreamExecutionEnvironment env = Jobs.environment(parallelism, Jobs.resumed(onDemand, from));
    JobClient job = start(env, 2_000, passage, model);
    Jobs.awaitRunning(cluster, job);
    passage.let(records);
    held.await();

    String savepoint =
        job.stopWithSavepoint(false, folder.toUri().toString(), SavepointFormatType.CANONICAL)
            .get();

    assertThat(KeptCheckpoint.read(savepoint, "score").records())
        .isEqualTo(Collections.nCopies(parallelism, 20));
    return savepoint;
  }

  /** Holds all but the first reader of a source back until the test lets them go. */
  private record FirstReader(long id) implements RateLimiterStrategy<NumberSequenceSplit> {
    private static final long serialVersionUID = 1L;
    private static final AtomicLong NEXT = new AtomicLong();
    private static final Set<Long> BEGUN = ConcurrentHashMap.newKeySet();
    private static final Map<Long, CompletableFuture<Void>> GATES = new ConcurrentHashMap<>();

    static FirstReader only() {
      long id = NEXT.getAndIncrement();
      GATES.put(id, new CompletableFuture<>());
      return new FirstReader(id);
    }

    void letOthersGo() {
      requireNonNull(GATES.get(id)).complete(null);
    }

    @Override
    public RateLimiter<NumberSequenceSplit> createRateLimiter(int parallelism) {
      CompletableFuture<Void> gate =
          BEGUN.add(id) ? CompletableFuture.completedFuture(null) : requireNonNull(GATES.get(id));
      return records -> gate;
    }
  }

  @Test
  void aSubtaskThatHasFinishedStopsNoCheckpoint(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    FirstReader first = FirstReader.only();
    StreamExecutionEnvironment env = Jobs.environment(2, onDemand);
    Jobs.step(Jobs.source(env, 1_000, first).setParallelism(2), FakeModel.ofFeatures(1))
        .apply("score")
        .predictions()
        .sinkTo(sink)
        .uid("sink");
    JobClient job = env.executeAsync();
    CommonTestUtils.waitForAllTaskRunning(cluster, job.getJobID(), true);
    // A subtask at its end may wait for one checkpoint more, which declines if it ends meanwhile.
    CommonTestUtils.waitUntilCondition(
        () -> {
          cluster.triggerCheckpoint(job.getJobID()).handle((path, failure) -> path).get();
          return finishedSubtasks(cluster, job) > 0;
        });

    cluster.triggerCheckpoint(job.getJobID()).get();
    assertThat(seen.size()).as("records of the finished subtask").isGreaterThanOrEqualTo(500);

    first.letOthersGo();
    job.getJobExecutionResult().get();
    assertSeenOnce(1_000);
  }

  private static long finishedSubtasks(MiniCluster cluster, JobClient job) throws Exception {
    long finished = 0;
    for (AccessExecutionVertex subtask :
        cluster.getExecutionGraph(job.getJobID()).get().getAllExecutionVertices()) {
      finished += subtask.getExecutionState() == ExecutionState.FINISHED ? 1 : 0;
    }
    return finished;
  }

  @Test
  void restoredRecordsPassToTheStepChainedBehind(@InjectMiniCluster MiniCluster cluster)
      throws Exception {
    CountDownLatch firstHeld = new CountDownLatch(1);
    FakeModel first =
        FakeModel.ofFeatures(1)
            .behave(
                (self, input, allocator) -> {
                  if (self.calls().size() == 1) {
                    return self.answer(input, allocator);
                  }
                  return FakeModel.held(firstHeld).predict(self, input, allocator);
                });
    CountDownLatch secondHeld = new CountDownLatch(1);
    FakeModel second = FakeModel.ofFeatures(1).behave(FakeModel.held(secondHeld));
    Passage passage = Passage.closed();
    JobClient job = startTwoSteps(onDemand, passage, 4, first, second);
    Jobs.awaitRunning(cluster, job);
    passage.let(10);
    firstHeld.await();
    secondHeld.await();
    String checkpoint = cluster.triggerCheckpoint(job.getJobID()).get();
    Jobs.cancel(job);
    assertThat(KeptCheckpoint.read(checkpoint, "first").records()).containsExactly(6);
    assertThat(KeptCheckpoint.read(checkpoint, "second").records()).containsExactly(4);

    // A batch for each record: more than have room, so that the first step emits while it opens.
    startTwoSteps(
            Jobs.resumed(atIntervals, checkpoint),
            Jobs.AT_ONCE,
            1,
            FakeModel.ofFeatures(1),
            FakeModel.ofFeatures(1))
        .getJobExecutionResult()
        .get();

    assertSeenOnce(1_000);
  }

  private JobClient startTwoSteps(
      Configuration configuration,
      RateLimiterStrategy<NumberSequenceSplit> rate,
      int maxSize,
      FakeModel first,
      FakeModel second)
      throws Exception {
    StreamExecutionEnvironment env = Jobs.environment(1, configuration);
    DataStream<Long> between =
        Jobs.step(Jobs.source(env, 1_000, rate), first)
            .apply(
                "first",
                StepSettings.defaults()
                    .withMaxSize(maxSize)
                    .withMaxInFlight(1)
                    .withMaxDelay(Duration.ofHours(1)))
            .predictions();
    Jobs.step(between, second)
        .apply(
            "second",
            StepSettings.defaults()
                .withMaxSize(maxSize)
                .withMaxInFlight(1)
                .withMaxDelay(Duration.ofHours(1)))
        .predictions()
        .sinkTo(sink)
        .uid("sink");
    assertThat(env.getStreamGraph(false).getJobGraph().getNumberOfVertices()).isOne();
    return env.executeAsync();
  }
}
