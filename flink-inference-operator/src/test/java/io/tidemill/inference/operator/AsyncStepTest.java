package io.tidemill.inference.operator;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.FakeModels;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = SECONDS)
class AsyncStepTest {
  private static final StepSettings LONG =
      StepSettings.defaults().withMaxSize(4).withMaxDelay(Duration.ofHours(1));

  private static final StepSettings IMPATIENT =
      LONG.withMaxSize(1).withCallTimeout(Duration.ofMillis(50));

  private static final int HISTORIES = 300;

  // Static, as an encoder is copied.
  private static final FakeClock CLOCK = new FakeClock();

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final RecordedMetrics metrics = new RecordedMetrics();

  private AsyncStep<Long, String> open(StepSettings settings) throws Exception {
    return open(settings, new StepHarness.Encoder(), new StepHarness.Decoder());
  }

  private AsyncStep<Long, String> open(
      StepSettings settings, RecordEncoder<Long> encoder, PredictionDecoder<Long, String> decoder)
      throws Exception {
    return open(settings, encoder, decoder, NanoClock.SYSTEM);
  }

  private AsyncStep<Long, String> open(
      StepSettings settings,
      RecordEncoder<Long> encoder,
      PredictionDecoder<Long, String> decoder,
      NanoClock clock)
      throws Exception {
    return AsyncStep.open(
        new Scoring<>("score", settings, FakeModels.source(model), encoder, decoder),
        new AsyncStep.Place(0, Set.of(), metrics.taskGroup(), getClass().getClassLoader()),
        letter -> letter.record() + "!" + letter.cause(),
        clock);
  }

  private static List<CompletableFuture<String>> score(
      AsyncStep<Long, String> step, long... records) throws InterruptedException {
    List<CompletableFuture<String>> answers = new ArrayList<>();
    for (long record : records) {
      answers.add(step.score(record));
    }
    return answers;
  }

  /** Never for ever, as a wait without a limit would be that a time-out does not end. */
  private static String answer(CompletableFuture<String> future) throws Exception {
    return future.get(20, SECONDS);
  }

  private static List<String> all(List<CompletableFuture<String>> futures) throws Exception {
    List<String> answers = new ArrayList<>();
    for (CompletableFuture<String> future : futures) {
      answers.add(answer(future));
    }
    return answers;
  }

  @Test
  void eachRecordOfAFullBatchHasItsOwnResult() throws Exception {
    try (var step = open(LONG)) {
      assertThat(all(score(step, 1, 2, 3, 4))).containsExactly("1=1.0", "2=2.0", "3=3.0", "4=4.0");
    }
    assertThat(model.calls()).hasSize(1);
    assertThat(metrics.counter("closed{size}")).isEqualTo(1);
  }

  @Test
  void aBatchThatDoesNotFillClosesAtItsDeadline() throws Exception {
    try (var step = open(LONG.withMaxDelay(Duration.ofMillis(5)))) {
      assertThat(all(score(step, 1, 2))).containsExactly("1=1.0", "2=2.0");
    }
    assertThat(metrics.counter("closed{deadline}")).isEqualTo(1);
  }

  @Test
  void aCallerThatStopsAtANumberIsWaitedForOnce() throws Exception {
    try (var step = open(LONG.withMaxDelay(Duration.ofMillis(200)))) {
      for (int batch = 0; batch < 5; batch++) {
        all(score(step, 1, 2, 3));
      }
    }
    assertThat(metrics.counter("closed{deadline}")).isEqualTo(1);
    assertThat(metrics.counter("closed{all_waiting}")).isEqualTo(4);
  }

  @Test
  void theRecordAtFaultIsAnsweredAloneAndTheOthersAreScored() throws Exception {
    model.behave(
        (fake, input, allocator) -> {
          for (int row = 0; row < input.rows(); row++) {
            if (input.fixedWidth(0).getFloat(row) == 3) {
              throw new ModelCallException("fake: refuses 3");
            }
          }
          return fake.answer(input, allocator);
        });
    try (var step = open(LONG)) {
      assertThat(all(score(step, 1, StepHarness.NULL, 3, 4)))
          .containsExactly("1=1.0", "-1!NULL_INPUT", "3!MODEL", "4=4.0");
    }
    assertThat(metrics.counter("deadLetters{model}")).isEqualTo(1);
  }

  @Test
  void aRecordThatEntersNoBatchIsAnsweredAtOnce() throws Exception {
    try (var step = open(LONG.withMaxBytes(10))) {
      assertThat(step.score(11L)).isCompletedWithValue("11!TOO_LARGE");
    }
  }

  @Test
  void oneMoreThanThereIsRoomForBlocksUntilACallEnds() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    model.behave(FakeModel.waitingFor(gate));
    try (var step = open(LONG.withMaxSize(1).withMaxInFlight(1))) {
      CompletableFuture<List<String>> answers = new CompletableFuture<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  answers.complete(all(score(step, 1, 2, 3)));
                } catch (Exception e) {
                  answers.completeExceptionally(e);
                }
              });
      caller.start();
      while (caller.isAlive() && caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      assertThat(answers).isNotDone();

      gate.countDown();

      assertThat(answers.get(20, SECONDS)).containsExactly("1=1.0", "2=2.0", "3=3.0");
    }
  }

  @Test
  void anEncoderThatCountsBytesSlowlyHoldsUpNoAnswer() throws Exception {
    model.behave(FakeModel.waitingFor(SlowCounter.ASKED));
    try (var step =
        open(LONG.withMaxSize(1).withMaxBytes(100), new SlowCounter(), new StepHarness.Decoder())) {
      CompletableFuture<String> first =
          step.score(1L)
              .thenApply(
                  answer -> {
                    SlowCounter.ANSWERED.countDown();
                    return answer;
                  });

      assertThat(answer(step.score(SlowCounter.RECORD))).isEqualTo("2=2.0");
      assertThat(answer(first)).isEqualTo("1=1.0");
    }
  }

  /** Waits for the answer of the record before, which is scored meanwhile. */
  private static final class SlowCounter implements RecordEncoder<Long> {
    private static final long serialVersionUID = 1L;
    static final long RECORD = 2;
    static final CountDownLatch ASKED = new CountDownLatch(1);
    static final CountDownLatch ANSWERED = new CountDownLatch(1);

    private final StepHarness.Encoder encoder = new StepHarness.Encoder();

    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      return encoder.encode(record, columns, row);
    }

    @Override
    public long bytes(Long record) {
      if (record == RECORD) {
        ASKED.countDown();
        try {
          assertThat(ANSWERED.await(5, SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      return 1;
    }
  }

  /** Flink interrupts the thread of a task that it cancels, whatever the thread is doing then. */
  @Test
  void anInterruptionWhileABatchIsEncodedEndsTheCallersWait() throws Exception {
    HeldCalls calls = new HeldCalls();
    model.behave(calls);
    CompletableFuture<Void> interrupted = new CompletableFuture<>();
    try (var step =
        open(
            LONG.withMaxSize(1).withMaxInFlight(2),
            new Interrupting(),
            new StepHarness.Decoder())) {
      Thread caller =
          new Thread(
              () -> {
                try {
                  score(step, 1, Interrupting.RECORD, 3, 4, 5, 6, 7);
                  interrupted.completeExceptionally(new AssertionError("not interrupted"));
                } catch (InterruptedException e) {
                  interrupted.complete(null);
                }
              });
      Interrupting.caller = caller;
      caller.start();
      HeldCalls.Call first = calls.next();
      while (caller.isAlive() && caller.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      first.answer();

      interrupted.get(20, SECONDS);
    }
  }

  /** Interrupts the caller, whoever encodes. */
  private static final class Interrupting implements RecordEncoder<Long> {
    private static final long serialVersionUID = 1L;
    static final long RECORD = 13;
    static volatile Thread caller = Thread.currentThread();

    private final StepHarness.Encoder encoder = new StepHarness.Encoder();

    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      if (record == RECORD) {
        caller.interrupt();
      }
      return encoder.encode(record, columns, row);
    }
  }

  @Test
  void aCallThatHangsFailsAllThatWait() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    model.behave(FakeModel.held(begun));
    try (var step = open(IMPATIENT)) {
      CompletableFuture<String> answer = step.score(1L);

      assertThatThrownBy(() -> answer(answer))
          .hasMessageContaining("step 'score', fake:1.0.0")
          .hasMessageContaining("expected: <= call-timeout, 50 ms");
      assertThat(step.score(2L)).isCompletedExceptionally();
    }
  }

  @Test
  void anEncoderThatHangsFailsAllThatWait() throws Exception {
    try (var step = open(IMPATIENT, new HangingEncoder(), new StepHarness.Decoder(), CLOCK)) {
      assertFailsAsItHangs(step, "encoding 1 records has taken ");
    }
  }

  @Test
  void aDecoderThatHangsFailsAllThatWait() throws Exception {
    try (var step = open(IMPATIENT, new StepHarness.Encoder(), new HangingDecoder(), CLOCK)) {
      assertFailsAsItHangs(step, "decoding 1 records has taken ");
    }
  }

  @Test
  void aDecoderThatHangsAsItIsToldOfTheOutputsFailsAllThatWait() throws Exception {
    try (var step = open(IMPATIENT, new StepHarness.Encoder(), new HangingAtFirst(), CLOCK)) {
      assertFailsAsItHangs(step, "decoding 1 records has taken ");
    }
  }

  private static void assertFailsAsItHangs(AsyncStep<Long, String> step, String message)
      throws InterruptedException {
    CompletableFuture<String> answer = step.score(1L);

    assertThatThrownBy(() -> answer(answer))
        .hasMessageContaining("step 'score', fake:1.0.0: " + message)
        .hasMessageContaining("expected: <= the longer of call-timeout and 10 s, 10000 ms");
  }

  /** Until the step is closed. */
  private static void hang() {
    CLOCK.advance(Duration.ofSeconds(10));
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException closed) {
      throw new IllegalStateException(closed);
    }
  }

  private static final class HangingEncoder implements RecordEncoder<Long> {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean encode(Long record, ColumnBatch columns, int row) {
      hang();
      return true;
    }
  }

  private static final class HangingDecoder implements PredictionDecoder<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public String decode(Long record, ColumnBatch outputs, int row) {
      hang();
      return "";
    }
  }

  private static final class HangingAtFirst implements PredictionDecoder<Long, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public void begin(ColumnBatch outputs) {
      hang();
    }

    @Override
    public String decode(Long record, ColumnBatch outputs, int row) {
      return "";
    }
  }

  @Test
  void aReporterOfSpansThatHangsHoldsUpNeitherAnswersNorTheEnd() throws Exception {
    CompletableFuture<Void> gate =
        new CompletableFuture<Void>().completeOnTimeout(null, 20, SECONDS);
    metrics.onSpan(gate::join); // Deaf to interruption.
    StepSettings traced = LONG.withMaxSize(1).withTraceEvery(1);
    try (var step = open(traced)) {
      for (int i = 0; i <= traced.batching().maxInFlight() + traced.workers(); i++) {
        assertThat(answer(step.score(1L))).isEqualTo("1=1.0");
      }
    }
    assertThat(metrics.spans()).isEmpty();

    gate.complete(null);
    awaitNoSpansThread();
  }

  @Test
  void aReporterOfSpansThatFailsFailsNothing() throws Exception {
    CountDownLatch failed = new CountDownLatch(2);
    metrics.onSpan(
        () -> {
          failed.countDown();
          throw new NoClassDefFoundError("of the reporter");
        });
    try (var step = open(LONG.withMaxSize(1).withTraceEvery(1))) {
      for (int i = 0; i < 2 * LONG.workers(); i++) {
        assertThat(answer(step.score(1L))).isEqualTo("1=1.0");
      }
      assertThat(failed.await(20, SECONDS)).isTrue();
      assertThat(answer(step.score(2L))).isEqualTo("2=2.0");
    }
    awaitNoSpansThread();
  }

  private static void awaitNoSpansThread() {
    while (!threads("score-spans").isEmpty()) {
      Thread.onSpinWait();
    }
  }

  /** An error would fail a task whose savepoint to stop with was taken. */
  @Test
  void whatWaitsAtTheEndIsNeverAnswered() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    model.behave(FakeModel.held(begun));
    var step = open(LONG.withMaxSize(2).withMaxInFlight(1));
    List<CompletableFuture<String>> answers = score(step, 1, 2, 3);
    assertThat(begun.await(20, SECONDS)).isTrue();

    step.close();

    assertThat(answers).noneMatch(CompletableFuture::isDone);
  }

  @Test
  void aStreamOfDeadLettersOnlyFailsTheStep() throws Exception {
    try (var step = open(LONG.withMaxSize(256).withDeadBatches(1))) {
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < 256; i++) {
        answers.add(step.score(StepHarness.UNFIT));
      }

      assertThatThrownBy(() -> all(answers))
          .hasMessageContaining("expected: fewer than dead-batches");
    }
  }

  @Test
  void nothingIsLeftBehindTheLastOneThatCloses() throws Exception {
    var first = open(LONG);
    var second = open(LONG);
    all(score(first, 1, 2, 3, 4));
    score(first, 1);
    assertThat(threads("score-0-worker")).hasSize(2 * LONG.workers());
    assertThat(threads("tidemill-deadlines")).hasSize(1);

    first.close();
    assertThat(all(score(second, 1, 2, 3, 4))).hasSize(4);
    assertThat(model.openHandles()).isEqualTo(1);
    second.close();
    second.close();

    assertThat(model.openHandles()).isZero();
    assertThat(threads("score-0-worker")).isEmpty();
    while (!threads("tidemill-deadlines").isEmpty()) {
      Thread.onSpinWait(); // It has been told to end.
    }
  }

  private static List<Thread> threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .toList();
  }

  /** Its deadline is in an hour, on a thread that the other one keeps. */
  @Test
  void oneThatIsClosedIsForgottenWhileAnotherLives() throws Exception {
    var other = open(LONG);
    WeakReference<AsyncStep<Long, String>> closed = closedWithARecordThatWaits();

    while (closed.get() != null) {
      System.gc();
    }

    other.close();
  }

  private WeakReference<AsyncStep<Long, String>> closedWithARecordThatWaits() throws Exception {
    // With metrics of its own, whose gauges know it.
    var step = new AsyncStepTest().open(LONG);
    score(step, 1);
    step.close();
    return new WeakReference<>(step);
  }

  @Test
  void anyHistoryAnswersEachRecordOnceAndLeavesNothingBehind() throws Exception {
    for (long seed = 0; seed < HISTORIES; seed++) {
      try {
        new AsyncHistory(seed).run();
      } catch (AssertionError | RuntimeException failure) {
        throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
      }
    }
  }
}
