package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scored;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DeadlineTest {
  private static final StepSettings SETTINGS =
      StepSettings.defaults()
          .withBatching(new BatchPolicy(3, Long.MAX_VALUE, Duration.ofMillis(20), 1));

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final HeldCalls calls = new HeldCalls();

  @Test
  void closesAtDeadlineOfFirstRecord() throws Exception {
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1);
      step.advance(Duration.ofMillis(15));
      step.send(2);
      assertThat(step.metrics().counter("batches")).isZero();
      step.advance(Duration.ofMillis(5));
      step.awaitOutput(2);
      assertThat(step.output()).isEqualTo(scored(1, 2));
    }
  }

  /** The timer of a batch that has closed fires later. */
  @Test
  void staleTimerDoesNotCloseNextBatch() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1);
      step.advance(Duration.ofMillis(10));
      step.send(2, 3);
      calls.next().answer();
      step.runMail();
      step.send(4);

      // The timer of the first batch fires here.
      step.advance(Duration.ofMillis(10));
      assertThat(step.metrics().counter("batches")).isEqualTo(1);

      step.advance(Duration.ofMillis(10));
      HeldCalls.Call call = calls.next();
      assertThat(call.first()).isEqualTo(4);
      call.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1, 2, 3, 4));
    }
  }

  @Test
  void overdueBatchGrowsWhileEverySlotIsTakenAndLeavesWithTheFirstFreeOne() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3);
      HeldCalls.Call first = calls.next();
      step.send(4);
      step.advance(Duration.ofMillis(50));
      step.send(5);
      assertThat(step.metrics().counter("batches")).isEqualTo(1);

      first.answer();
      step.runMail();
      HeldCalls.Call second = calls.next();
      assertThat(second.rows()).isEqualTo(2);
      second.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1, 2, 3, 4, 5));
    }
  }

  /** Timers are the wall clock's, deadlines are not. */
  @Test
  void wallClockThatJumpsAnHourClosesNothingEarly() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1);
      step.flink().setProcessingTime(Duration.ofHours(1).toMillis());
      assertThat(step.metrics().counter("batches")).isZero();

      step.advance(Duration.ofMillis(20));
      calls.next().answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1));
      assertThat(step.metrics().counter("queueWaitNanos"))
          .isEqualTo(Duration.ofMillis(20).toNanos());
    }
  }

  @Test
  void wallClockThatJumpsBackDelaysNothing() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.flink().setProcessingTime(Duration.ofHours(1).toMillis());
      step.send(1, 2, 3);
      HeldCalls.Call first = calls.next();
      step.send(4);
      step.flink().setProcessingTime(0);
      step.advanceMonotonicOnly(Duration.ofMillis(20));

      // A timer of Flink is relative once it is set, the harness's is not: the slot that comes free
      // asks for the time instead.
      first.answer();
      step.runMail();
      assertThat(step.metrics().counter("closed{deadline}")).isEqualTo(1);
      assertThat(step.metrics().counter("queueWaitNanos"))
          .isEqualTo(Duration.ofMillis(20).toNanos());
      calls.next().answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1, 2, 3, 4));
    }
  }

  @Test
  void delayOfZeroClosesAsSoonAsASlotIsFree() throws Exception {
    StepSettings eager =
        SETTINGS.withBatching(new BatchPolicy(3, Long.MAX_VALUE, Duration.ZERO, 1));
    model.behave(calls);
    try (StepHarness step = new StepHarness(eager, model).open()) {
      step.send(1);
      HeldCalls.Call first = calls.next();
      assertThat(first.rows()).isEqualTo(1);
      step.send(2, 3);
      first.answer();
      step.runMail();
      HeldCalls.Call second = calls.next();
      assertThat(second.rows()).isEqualTo(2);
      second.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scored(1, 2, 3));
    }
  }

  @Test
  void keepsAtMostOneDeadlineTimer() throws Exception {
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      for (int batch = 0; batch < 10; batch++) {
        step.send(1, 2, 3);
        step.awaitOutput(3 * (batch + 1));
      }
      // One for the deadline, one for the call timeout.
      assertThat(step.flink().getProcessingTimeService().getNumActiveTimers())
          .isLessThanOrEqualTo(2);
    }
  }
}
