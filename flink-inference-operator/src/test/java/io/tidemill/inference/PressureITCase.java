package io.tidemill.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.columnar.ColumnMemory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.testutils.CommonTestUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a step of a real job holds while others are slow, and gives back at its end. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class PressureITCase {
  private static final int MAX_SIZE = 16;
  private static final int MAX_IN_FLIGHT = 3;

  /** Records in flight, of the open batch, and the one that waits for room. */
  private static final int MOST_WITHIN = (MAX_IN_FLIGHT + 1) * MAX_SIZE + 1;

  private static final int RECORDS = 100 * MAX_SIZE;
  private static final long MEMORY_LIMIT = 4 << 10;

  @RegisterExtension static final MiniClusterExtension CLUSTER = Jobs.cluster();

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final Stretch stretch = Stretch.closed();
  private final long before = ColumnMemory.allocatedBytes();

  private JobClient start() throws Exception {
    StreamExecutionEnvironment env = Jobs.environment(1, new Configuration());
    Jobs.step(env.fromSequence(1, RECORDS).map(stretch), model)
        .apply(
            "score",
            StepSettings.defaults()
                .withMaxSize(MAX_SIZE)
                .withMaxInFlight(MAX_IN_FLIGHT)
                .withMaxDelay(Duration.ofHours(1))
                .withMemoryBytes(MEMORY_LIMIT)
                .withWorkers(1))
        .predictions()
        .sinkTo(stretch);
    return env.executeAsync();
  }

  private void assertHeldWithinItsBounds() {
    assertThat(stretch.most()).isEqualTo(MOST_WITHIN);
    assertThat(stretch.mostBytes() - before).isPositive().isLessThanOrEqualTo(MEMORY_LIMIT);
    assertGivenBack();
  }

  private void assertGivenBack() {
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
    assertThat(model.openHandles()).isZero();
  }

  /** All slots are taken, and the stream before the step is held back. */
  @Test
  void aSlowModelHoldsTheSourceBack() throws Exception {
    Semaphore turns = new Semaphore(0);
    model.behave(
        (self, input, allocator) -> {
          turns.acquireUninterruptibly();
          return self.answer(input, allocator);
        });
    stretch.let(RECORDS);
    JobClient job = start();
    stretch.awaitEntered(MOST_WITHIN);

    for (int left = MAX_SIZE; left <= RECORDS; left += MAX_SIZE) {
      turns.release();
      stretch.awaitLeft(left);
    }
    job.getJobExecutionResult().get();

    assertHeldWithinItsBounds();
  }

  /** A slow sink. */
  @Test
  void aSlowSinkHoldsTheStepBackAndItsMemoryStaysBounded() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    model.behave(FakeModel.waitingFor(gate));
    JobClient job = start();
    stretch.awaitEntered(MOST_WITHIN);
    gate.countDown();

    for (int left = 10; left <= RECORDS; left += 10) {
      stretch.let(10);
      stretch.awaitLeft(left);
    }
    job.getJobExecutionResult().get();

    assertHeldWithinItsBounds();
  }

  /** Arrow bytes are back to zero after the job. */
  @Test
  void cancelledJobGivesBackItsMemoryAndItsHandles() throws Exception {
    CountDownLatch called = new CountDownLatch(10);
    model.behave(
        (self, input, allocator) -> {
          called.countDown();
          return self.answer(input, allocator);
        });
    StreamExecutionEnvironment env = Jobs.environment(2, new Configuration());
    Jobs.step(env.fromSequence(1, Long.MAX_VALUE), model)
        .apply("score")
        .predictions()
        .sinkTo(new DiscardingSink<>());
    JobClient job = env.executeAsync();
    called.await();
    Jobs.cancel(job);

    assertGivenBack();
  }

  private JobClient startImpatient(int maxInFlight) throws Exception {
    Configuration once = new Configuration();
    once.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = Jobs.environment(1, once);
    Jobs.step(env.fromSequence(1, Long.MAX_VALUE), model)
        .apply(
            "score",
            StepSettings.defaults()
                .withMaxSize(MAX_SIZE)
                .withMaxInFlight(maxInFlight)
                .withShortCall(Duration.ofSeconds(1))
                .withCallTimeout(Duration.ofMillis(200)))
        .predictions()
        .sinkTo(new DiscardingSink<>());
    return env.executeAsync();
  }

  private static void assertFailsForItsCall(JobClient job) {
    assertThatThrownBy(() -> job.getJobExecutionResult().get())
        .rootCause()
        .hasMessageContaining("step 'score', fake:1.0.0")
        .hasMessageContaining("call-timeout, 200 ms");
  }

  /** The call ignores that its thread is interrupted, as native code does. */
  @Test
  void aCallThatHangsFailsTheJobWithTheModelsName() throws Exception {
    Semaphore gate = new Semaphore(0);
    model.behave(
        (self, input, allocator) -> {
          gate.acquireUninterruptibly();
          return self.answer(input, allocator);
        });
    JobClient job = startImpatient(1);

    assertFailsForItsCall(job);
    assertThat(model.openHandles()).isOne();
    gate.release();
    CommonTestUtils.waitUntilCondition(() -> model.openHandles() == 0);
    assertGivenBack();
  }

  /** Its calls were short, so that the task thread has come to make them. */
  @Test
  void aCallOfTheTaskThreadThatHangsFailsTheJobWithTheModelsName() throws Exception {
    AtomicReference<Thread> hanging = new AtomicReference<>();
    model.behave(
        (self, input, allocator) -> {
          if (Thread.currentThread().getName().startsWith("score-0-worker")) {
            return self.answer(input, allocator);
          }
          hanging.set(Thread.currentThread());
          return FakeModel.waitingFor(new CountDownLatch(1)).predict(self, input, allocator);
        });
    JobClient job = startImpatient(4);

    assertFailsForItsCall(job);
    assertThat(hanging).hasValueMatching(thread -> thread != null);
    assertGivenBack();
  }
}
