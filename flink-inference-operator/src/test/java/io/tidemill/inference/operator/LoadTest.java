package io.tidemill.inference.operator;

import static io.tidemill.inference.operator.StepHarness.scoredRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.io.IOException;
import java.io.InvalidObjectException;
import java.io.ObjectInputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Slow models, and what a step holds on to. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class LoadTest {
  private static final StepSettings SETTINGS =
      StepSettings.defaults()
          .withBatching(new BatchPolicy(2, Long.MAX_VALUE, Duration.ofMillis(20), 2))
          .withWorkers(2);

  private static final StepSettings IMPATIENT = SETTINGS.withCallTimeout(Duration.ofSeconds(5));

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final HeldCalls calls = new HeldCalls();

  /** A step does not wait for a call that hangs; its last worker gives the memory back. */
  @AfterEach
  void awaitTheEndOfEveryWorker() throws InterruptedException {
    for (Thread worker : workers()) {
      worker.join();
    }
  }

  /** All slots are taken by a slow model. */
  @Test
  void recordThatFindsNoRoomWaitsInTheMailboxUntilASlotIsFree() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5, 6);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      Thread release = new Thread(one.first() == 1 ? one::answer : other::answer);

      release.start();
      step.send(7);
      release.join();

      // 1 to 4 were in flight; a slot came free for 5 and 6, and 7 opened the next batch.
      assertThat(calls.next().rows()).isEqualTo(2);
      assertThat(model.calls()).hasSize(3);
    }
  }

  @Test
  void fullOpenBatchDoesNotBlockUntilTheNextRecordComes() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5, 6);
      assertThat(calls.next()).isNotNull();
      assertThat(calls.next()).isNotNull();
      // All slots taken and the open batch full, yet nothing waited; a checkpoint passes.
      assertThat(step.snapshot().hasState()).isTrue();
    }
  }

  /** Says when it is called, and does not hear an interruption. */
  private static FakeModel.Behaviour deafUntil(CompletableFuture<Void> end, CountDownLatch called) {
    return (self, input, allocator) -> {
      called.countDown();
      end.join();
      return self.answer(input, allocator);
    };
  }

  /** Those of the step that are alive. */
  private static List<Thread> workers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("score-0-worker"))
        .toList();
  }

  /** A call hangs. */
  @Test
  void callThatHangsFailsTheTaskWithModelSizeAndDuration() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch called = new CountDownLatch(1);
    model.behave(deafUntil(end, called));
    StepHarness step = new StepHarness(IMPATIENT, model).open();
    try {
      step.send(1, 2);
      called.await();
      step.advance(Duration.ofMillis(4_900));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining(
              "step 'score', fake:1.0.0: a call with 2 records has taken 5000 ms (expected: <="
                  + " call-timeout, 5000 ms)");
    } finally {
      end.complete(null);
      step.close();
    }
  }

  @Test
  void aCallThatHangsIsNotWaitedForAndKeepsOnlyTheMemoryThatItHolds() throws Exception {
    long promisedBefore = DirectMemory.OF_PROCESS.promised();
    long bytesBefore = ColumnMemory.allocatedBytes();
    int abandonedBefore = Workers.abandoned();
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch called = new CountDownLatch(1);
    model.behave(deafUntil(end, called));
    StepSettings large = IMPATIENT.withMaxSize(100_000).withMaxDelay(Duration.ZERO).withWorkers(2);
    StepHarness step = new StepHarness(large, model).open();
    step.send(1);
    called.await();
    assertThatThrownBy(() -> step.advance(Duration.ofSeconds(5)))
        .hasStackTraceContaining("call-timeout");
    List<Thread> workers = workers();
    step.close();

    int abandoned = Workers.abandoned() - abandonedBefore;
    long held = ColumnMemory.allocatedBytes() - bytesBefore;
    long promised = DirectMemory.OF_PROCESS.promised() - promisedBefore;
    end.complete(null);
    // The memory is given back by whichever ends last.
    for (Thread worker : workers) {
      worker.join();
    }
    assertThat(abandoned).as("workers left behind of two, one of which hangs").isOne();
    assertThat(held).isPositive();
    assertThat(promised).isEqualTo(held);
    assertThat(DirectMemory.OF_PROCESS.promised()).isEqualTo(promisedBefore);
    assertThat(model.openHandles()).isZero();
  }

  @Test
  void aLaterCallThatHangsFailsTheTaskAfterItsOwnTimeout() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(IMPATIENT, model).open()) {
      step.send(1, 2);
      HeldCalls.Call first = calls.next();
      step.advance(Duration.ofSeconds(4));
      first.answer();
      step.runMail();
      step.send(3, 4);
      calls.next();

      // The timer of the first call fires on the way.
      step.advance(Duration.ofMillis(2_450));
      step.advance(Duration.ofMillis(2_450));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining("a call with 2 records has taken 5000 ms");
    }
  }

  @Test
  void aCallThatHangsAfterAnIdleTimeFailsTheTaskAfterItsOwnTimeout() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(IMPATIENT, model).open()) {
      step.send(1, 2);
      calls.next().answer();
      step.runMail();
      step.advance(Duration.ofSeconds(6));
      step.send(3, 4);
      calls.next();

      step.advance(Duration.ofMillis(4_900));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining("a call with 2 records has taken 5000 ms");
    }
  }

  @Test
  void theCallThatHangsIsFoundBesideOthersThatReturn() throws Exception {
    StepSettings three =
        IMPATIENT
            .withBatching(new BatchPolicy(2, Long.MAX_VALUE, Duration.ofMillis(20), 3))
            .withWorkers(3);
    model.behave(calls);
    try (StepHarness step = new StepHarness(three, model).open()) {
      step.send(1, 2, 3);
      HeldCalls.Call first = calls.next();
      step.advance(Duration.ofMillis(20));
      HeldCalls.Call hanging = calls.next();
      step.advance(Duration.ofMillis(980));
      first.answer();
      step.runMail();
      step.send(4, 5, 6, 7);
      calls.next();
      calls.next();

      step.advance(Duration.ofSeconds(4));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(20)))
          .hasStackTraceContaining("a call with 1 records has taken 5000 ms");
      assertThat(hanging.first()).isEqualTo(3);
    }
  }

  @Test
  void aWarmUpSampleThatHangsFailsTheTaskAsACallDoes() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(IMPATIENT, model).open()) {
      step.send(1, 2);
      for (int rows : new int[] {2, 1}) {
        HeldCalls.Call call = calls.next();
        assertThat(call.rows()).isEqualTo(rows);
        call.end(FakeModel.failing(() -> new ModelCallException("bad record")));
      }
      HeldCalls.Call sample = calls.next();
      assertThat(sample.first()).isZero();

      step.advance(Duration.ofMillis(4_900));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining("a call with 1 records has taken 5000 ms");
    }
  }

  @Test
  void aCallThatEndedInTimeButWaitsInTheMailboxFailsNothing() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(IMPATIENT, model).open()) {
      step.send(1, 2);
      calls.next().answer();
      Mail mail = step.flink().getTaskMailbox().take(TaskMailbox.MIN_PRIORITY);

      step.advance(Duration.ofSeconds(6));

      mail.run();
      assertThat(step.output()).isEqualTo(scoredRange(1, 2));
    }
  }

  @Test
  void callTimeoutCountsFromTheCallNotFromTheBatch() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(IMPATIENT.withWorkers(1), model).open()) {
      step.send(1, 2, 3, 4);
      HeldCalls.Call first = calls.next();
      step.advance(Duration.ofSeconds(4));
      first.answer();
      step.runMail();
      HeldCalls.Call second = calls.next();
      step.advance(Duration.ofSeconds(4));
      second.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scoredRange(1, 4));
    }
  }

  @Test
  void aCallOfTheTaskThreadThatHangsFailsTheTaskFromOutside() throws Exception {
    StepSettings impatient = SETTINGS.withCallTimeout(Duration.ofMillis(20));
    StepHarness step = new StepHarness(impatient, model).callingHere().open();
    step.expectFailureFromOutside();
    model.behave(
        (self, input, allocator) -> {
          step.advanceMonotonicOnly(Duration.ofMillis(20));
          while (step.failureFromOutside().isEmpty()) {
            Thread.onSpinWait();
          }
          return self.answer(input, allocator);
        });
    try (step) {
      step.send(1, 2);

      assertThat(model.calls()).containsExactly(new FakeModel.Call(2, Thread.currentThread()));
      assertThat(step.failureFromOutside())
          .get()
          .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
          .hasMessage(
              "step 'score', fake:1.0.0: a call with 2 records has taken 20 ms (expected: <="
                  + " call-timeout, 20 ms)");
      assertThatThrownBy(() -> step.send(3, 4)).hasMessageContaining("the task has ended");
    }
  }

  @Test
  @Timeout(value = 20, unit = TimeUnit.SECONDS)
  void anEncoderThatHangsInTheTaskThreadFailsTheTaskFromOutside() throws Exception {
    StepSettings impatient = SETTINGS.withCallTimeout(Duration.ofMillis(20));
    StepHarness step =
        new StepHarness(
                impatient, model, new FakeClock(), new Encoding(), new StepHarness.Decoder())
            .callingHere()
            .open();
    step.expectFailureFromOutside();
    Encoding.beside =
        () -> {
          step.advanceMonotonicOnly(Duration.ofSeconds(10));
          while (step.failureFromOutside().isEmpty() && !Thread.currentThread().isInterrupted()) {
            Thread.onSpinWait();
          }
        };
    try (step) {
      // The model is not called any more.
      assertThatThrownBy(() -> step.send(1, 2)).hasMessageContaining("the task has ended");

      assertThat(step.failureFromOutside())
          .get()
          .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
          .hasMessage(
              "step 'score', fake:1.0.0: encoding 2 records has taken 10000 ms (expected: <="
                  + " the longer of call-timeout and 10 s, 10000 ms)");
    }
  }

  /** Its timers stand still, and no worker is left to look. */
  @Test
  void whatHangsInTheTaskThreadFailsTheTaskThoughEveryWorkerHangsToo() throws Exception {
    model.behave(calls);
    StepSettings impatient = SETTINGS.withWorkers(1).withCallTimeout(Duration.ofMillis(20));
    StepHarness step = encoding(impatient);
    step.expectFailureFromOutside();
    try (step) {
      step.send(1, 2);
      HeldCalls.Call hanging = calls.next();
      Encoding.beside =
          () -> {
            step.advanceMonotonicOnly(Duration.ofSeconds(10));
            while (step.failureFromOutside().isEmpty()) {
              Thread.onSpinWait();
            }
          };
      step.send(3, 4);

      assertThat(step.failureFromOutside())
          .get()
          .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
          .hasMessageContaining("encoding 2 records has taken 10000 ms");
      hanging.answer();
    }
  }

  private StepHarness encoding(StepSettings settings) throws Exception {
    return new StepHarness(
            settings, model, new FakeClock(), new Encoding(), new StepHarness.Decoder())
        .open();
  }

  /** It may load classes. */
  @Test
  void anEncoderHasTenSecondsThoughACallHasLess() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch encodes = new CountDownLatch(1);
    Encoding.beside =
        () -> {
          encodes.countDown();
          end.join();
        };
    StepHarness step = encoding(IMPATIENT);
    try {
      step.send(1, 2);
      encodes.await();
      step.advance(Duration.ofMillis(9_900));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining(
              "encoding 2 records has taken 10000 ms (expected: <= the longer of call-timeout and"
                  + " 10 s, 10000 ms)");
    } finally {
      end.complete(null);
      step.close();
    }
  }

  @Test
  void aCallThatHangsBehindASlowEncoderFailsTheTaskAfterItsOwnTimeout() throws Exception {
    CompletableFuture<Void> end = new CompletableFuture<>();
    CountDownLatch encodes = new CountDownLatch(1);
    Encoding.beside =
        () -> {
          encodes.countDown();
          end.join();
        };
    model.behave(calls);
    StepSettings one = IMPATIENT.withWorkers(1).withMaxInFlight(1);
    try (StepHarness step = encoding(one.withCallTimeout(Duration.ofSeconds(2)))) {
      step.send(1, 2);
      encodes.await();
      step.advance(Duration.ofSeconds(2));
      end.complete(null);
      calls.next();

      step.advance(Duration.ofMillis(1_900));
      assertThatThrownBy(() -> step.advance(Duration.ofMillis(100)))
          .hasStackTraceContaining("a call with 2 records has taken 2000 ms");
    }
  }

  @Test
  void anEncoderThatEndsAsItIsInterruptedIsWaitedFor() throws Exception {
    int abandonedBefore = Workers.abandoned();
    Thread closer = Thread.currentThread();
    CountDownLatch encodes = new CountDownLatch(1);
    Encoding.beside =
        () -> {
          encodes.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException closed) {
            while (closer.getState() != Thread.State.TIMED_WAITING
                && Workers.abandoned() == abandonedBefore) {
              Thread.onSpinWait();
            }
          }
        };
    try (StepHarness step = encoding(IMPATIENT.withWorkers(1))) {
      step.send(1, 2);
      encodes.await();
      assertThatThrownBy(() -> step.advance(Duration.ofSeconds(10)))
          .hasStackTraceContaining("encoding 2 records has taken 10000 ms");
    }

    assertThat(Workers.abandoned()).isEqualTo(abandonedBefore);
  }

  /** Does something once, and then encodes. */
  private static final class Encoding implements RecordEncoder<Long> {
    private static final long serialVersionUID = 1L;
    // Each scorer has its own copy.
    static volatile Runnable beside = () -> {};

    private final StepHarness.Encoder encoder = new StepHarness.Encoder();

    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      Runnable once = beside;
      beside = () -> {};
      once.run();
      return encoder.encode(record, columns, row);
    }
  }

  @Test
  void aWatchThatEndsThoughNobodyHasClosedItFailsTheTask() throws Exception {
    StepSettings impatient = SETTINGS.withCallTimeout(Duration.ofMillis(20));
    StepHarness step = new StepHarness(impatient, model).callingHere().open();
    model.behave(
        (self, input, allocator) -> {
          // An alarm looks after this call, and at the clock.
          step.clock().breakForOthers();
          while (!step.flink().getTaskMailbox().hasMail()) {
            Thread.onSpinWait();
          }
          return self.answer(input, allocator);
        });
    try (step) {
      step.send(1, 2);

      assertThatThrownBy(step::runMails)
          .isInstanceOf(InferenceException.class)
          .hasMessage(
              "step 'score', fake:1.0.0: a thread of the step has ended: java.lang.AssertionError: a broken"
                  + " clock")
          .hasCauseInstanceOf(AssertionError.class);
    }
  }

  /** A barrier, a mail and a timer stand behind one record or mail at most. */
  @Test
  void oneRecordOrMailMakesOneCallInTheTaskThreadAtMost() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5, 6);
      HeldCalls.Call one = calls.next();
      HeldCalls.Call other = calls.next();
      step.callingHere();
      model.behave(FakeModel::answer);
      one.answer();
      other.answer();
      int calledHere = 0;
      while (step.output().size() < 6) {
        step.runMail();
        assertThat(callsHere()).isBetween(calledHere, calledHere + 1);
        calledHere = callsHere();
      }
      for (long record = 7; record <= 20; record++) {
        step.send(record);
        assertThat(callsHere()).isBetween(calledHere, calledHere + 1);
        calledHere = callsHere();
      }

      assertThat(step.output()).isEqualTo(scoredRange(1, 20));
      assertThat(step.metrics().counter("taskThreadCalls")).isEqualTo(calledHere).isPositive();
      assertThat(step.flink().getTaskMailbox().hasMail()).isFalse();
    }
  }

  @Test
  void callsComeBackToTheTaskThreadThoughTheWorkersNeverRest() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS.withWorkers(1), model).open()) {
      step.send(1, 2, 3, 4, 5, 6);
      HeldCalls.Call first = calls.next();
      step.callingHere();
      first.answer();
      step.runMail();
      HeldCalls.Call second = calls.next();
      step.advance(Duration.ofMillis(20));
      assertThat(step.metrics().counter("batches")).isEqualTo(2);

      model.behave(FakeModel::answer);
      second.answer();
      step.runMail();

      assertThat(callsHere()).isEqualTo(1);
      assertThat(step.output()).isEqualTo(scoredRange(1, 6));
    }
  }

  @Test
  void theTaskThreadCallsBesideAWorkerWhereAnotherIsIdle() throws Exception {
    model.behave(calls);
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2);
      HeldCalls.Call held = calls.next();
      step.callingHere();
      model.behave(FakeModel::answer);
      step.send(3, 4);
      assertThat(callsHere()).isEqualTo(1);
      assertThat(step.output()).isEmpty();

      held.answer();
      step.runMail();
      assertThat(step.output()).isEqualTo(scoredRange(1, 4));
    }
  }

  @Test
  void aBatchWithoutACallTellsNothingOfCalls() throws Exception {
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(StepHarness.UNFIT, StepHarness.SKIPPED);
      step.runMail();
      assertThat(model.calls()).isEmpty();
      assertThat(step.measuredBatches()).isZero();

      step.send(StepHarness.UNFIT, 1);
      step.runMail();
      assertThat(step.measuredBatches()).isEqualTo(1);
    }
  }

  private int callsHere() {
    return (int)
        model.calls().stream().filter(call -> call.thread() == Thread.currentThread()).count();
  }

  /** Arrow bytes are back to zero after the task. */
  @Test
  void closingGivesBackEveryByteAndTheHandle() throws Exception {
    long before = ColumnMemory.allocatedBytes();
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5);
      step.endInput();
      assertThat(ColumnMemory.allocatedBytes()).isGreaterThan(before);
      assertThat(model.openHandles()).isEqualTo(1);
    }
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
    assertThat(model.openHandles()).isZero();
  }

  @Test
  void closingWhileCallsAreInFlightEndsTheWorkers() throws Exception {
    model.behave(calls);
    long before = ColumnMemory.allocatedBytes();
    try (StepHarness step = new StepHarness(SETTINGS, model).open()) {
      step.send(1, 2, 3, 4, 5);
      calls.next();
    }
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
    assertThat(model.openHandles()).isZero();
    assertThat(workers()).isEmpty();
  }

  @Test
  void memoryStillInUseAtTheEndFailsTheTaskAndGivesBackTheHandle() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          allocator.buffer(64);
          return self.answer(input, allocator);
        });
    StepHarness step = new StepHarness(SETTINGS, model).open();
    step.send(1, 2);
    step.runMail();
    assertThatThrownBy(step::close)
        .isInstanceOf(InferenceException.class)
        .hasMessageContaining("score-0");
    assertThat(model.openHandles()).isZero();
  }

  /** An encoder that no subtask gets a copy of. */
  private static final class NotCloned implements RecordEncoder<Long> {
    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      return false;
    }

    private void readObject(ObjectInputStream in) throws IOException {
      throw new InvalidObjectException("an encoder that cannot be read");
    }
  }

  @Test
  void aStepThatCannotStartGivesBackItsHandleAndMemory() throws Exception {
    try (StepHarness step =
        new StepHarness(
            "never-started",
            SETTINGS,
            model,
            new FakeClock(),
            new NotCloned(),
            new StepHarness.Decoder())) {
      assertThatThrownBy(step::open).hasStackTraceContaining("an encoder that cannot be read");
    }
    assertThat(model.openHandles()).isZero();
    assertThat(allocators()).noneMatch(name -> name.startsWith("never-started"));
  }

  private static List<String> allocators() {
    try (BufferAllocator probe = ColumnMemory.child("probe", 1)) {
      return probe.getParentAllocator().getChildAllocators().stream()
          .map(BufferAllocator::getName)
          .toList();
    }
  }

  @Test
  void aClosedModelFailsTheTaskAtItsFirstCall() throws Exception {
    StepHarness step = new StepHarness(SETTINGS, model);
    model.close();
    // The handle is there, the model closed: the first call says so and no record is blamed.
    try (step) {
      step.open();
      step.send(1, 2);
      assertThatThrownBy(step::runMail).isInstanceOf(InferenceException.class);
      assertThat(step.deadLetters()).isEmpty();
    }
  }
}
