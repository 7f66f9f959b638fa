package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShortCallsTest {
  private static final long LIMIT = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long BATCH_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
  private static final int BATCHES_OF_A_WINDOW = (int) (ShortCalls.WINDOW_NANOS / BATCH_NANOS);

  private final Processors processors = new Processors();
  private final ShortCalls calls = new ShortCalls(Duration.ofMillis(1), processors);
  private long now = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);

  /** Four of them, of which others of the process use what the test says. */
  private static final class Processors implements ProcessorUse {
    private int count = 4;
    private double others;
    private double nanos;
    private double stepNanos;
    private int asked;

    void pass(long wallNanos, double step) {
      nanos += wallNanos * (step + others);
      stepNanos += wallNanos * step;
    }

    @Override
    public int processors() {
      return count;
    }

    @Override
    public long processNanos() {
      asked++;
      return (long) nanos;
    }

    @Override
    public long stepNanos() {
      asked++;
      return (long) stepNanos;
    }
  }

  private void call(long nanos) {
    calls.scored(1, nanos, now);
  }

  private void callShort(int count) {
    for (int i = 0; i < count; i++) {
      call(LIMIT - 1);
    }
  }

  /** So many windows, in which the step uses so much and scores so many records a batch. */
  private void windows(int count, double step, int records) {
    for (int batch = 0; batch < count * BATCHES_OF_A_WINDOW; batch++) {
      now += BATCH_NANOS;
      processors.pass(BATCH_NANOS, step);
      calls.scored(records, 0, now);
    }
  }

  /** So many, with nothing between them. */
  private void pauses(int count) {
    for (int i = 0; i < count; i++) {
      now += 2 * ShortCalls.PAUSE_NANOS;
      call(0);
    }
  }

  /** With the second batch behind a pause. */
  private void beginWindow() {
    call(0);
  }

  private void becomeShort() {
    call(0);
    beginWindow();
    windows(2, 0.1, 1);
    assertThat(calls.isHere(1)).isTrue();
  }

  /** Until the workers are tried. */
  private void becomeBusy() {
    becomeShort();
    windows(1, 1, 100);
    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void callsAreTheWorkersUntilManyWereShort() {
    callShort(ShortCalls.FULL_TRUST - 1);
    assertThat(calls.isHere(1)).isFalse();

    callShort(1);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void oneLongCallInAHundredChangesNothing() {
    callShort(ShortCalls.FULL_TRUST);
    for (int i = 0; i < 100; i++) {
      call(LIMIT);
      assertThat(calls.isHere(1)).isTrue();
      callShort(ShortCalls.PRICE_OF_A_LONG_CALL);
    }
  }

  @Test
  void longCallsGoBackToTheWorkersUntilManyWereShortAgain() {
    callShort(ShortCalls.FULL_TRUST);
    call(LIMIT);
    call(LIMIT);
    assertThat(calls.isHere(1)).isFalse();

    callShort(ShortCalls.FULL_TRUST - 1);
    assertThat(calls.isHere(1)).isFalse();
    callShort(1);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void callsThatSeemLongOnTheOnlyProcessorAreTakenOverAndJudgedThere() {
    processors.count = 1;
    for (int i = 0; i < ShortCalls.FULL_TRUST && !calls.isHere(1); i++) {
      call(LIMIT);
      callShort(ShortCalls.PRICE_OF_A_DISTURBED_CALL + 1);
    }
    assertThat(calls.isHere(1)).isTrue();

    call(LIMIT);
    call(LIMIT);
    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void aBatchLargerThanAnyThatWasShortIsTheWorkers() {
    callShort(ShortCalls.FULL_TRUST);
    assertThat(calls.isHere(2)).isFalse();

    calls.scored(8, LIMIT, now);
    assertThat(calls.isHere(2)).isFalse();
    callShort(ShortCalls.PRICE_OF_A_LONG_CALL);
    calls.scored(8, LIMIT - 1, now);
    assertThat(calls.isHere(8)).isTrue();
    assertThat(calls.isHere(9)).isFalse();
  }

  @Test
  void whichBatchesAreShortIsLearnedAnewWhenCallsWereLong() {
    callShort(ShortCalls.FULL_TRUST);
    calls.scored(8, LIMIT - 1, now);
    call(LIMIT);
    call(LIMIT);
    callShort(ShortCalls.FULL_TRUST);

    assertThat(calls.isHere(1)).isTrue();
    assertThat(calls.isHere(2)).isFalse();
  }

  @Test
  void aLimitOfZeroLeavesEveryCallToTheWorkers() {
    ShortCalls none = new ShortCalls(Duration.ZERO, processors);
    for (int i = 0; i < 10 * ShortCalls.FULL_TRUST; i++) {
      none.scored(1, 0, now);
    }

    assertThat(none.isHere(1)).isFalse();
  }

  @Test
  void aStepWithLittleToDoNeedsNoWorkers() {
    becomeShort();
    windows(50, ShortCalls.BUSY - 0.05, 100);

    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void noWorkersAreTriedWhereNoProcessorIsIdle() {
    processors.others = 2.3;
    becomeShort();
    windows(50, 1, 100);

    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void aTaskThreadThatWaitsForTheModelIsBusyToo() {
    becomeShort();
    for (int batch = 0; batch < BATCHES_OF_A_WINDOW; batch++) {
      now += BATCH_NANOS;
      calls.scored(100, BATCH_NANOS, now);
    }

    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void workersThatPayAreKeptAndComparedAnewByAndBy() {
    becomeBusy();
    windows(ShortCalls.LONGEST_STAY - 1, 1.9, 120);
    assertThat(calls.isHere(1)).isFalse();

    windows(1, 1.9, 120);
    assertThat(calls.isHere(1)).isTrue();
    windows(1, 1, 100);
    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void workersThatDoNotPayAreTriedEverMoreRarely() {
    becomeBusy();
    windows(1, 1.9, 110);
    assertThat(calls.isHere(1)).isTrue();
    windows(ShortCalls.FIRST_WAIT - 1, 1, 100);
    assertThat(calls.isHere(1)).isTrue();

    int before = 0;
    for (int tries = 0; tries < 4; tries++) {
      int waited = 0;
      while (calls.isHere(1)) {
        windows(1, 1, 100);
        waited++;
      }
      assertThat(waited).isGreaterThan(before / 2);
      before = waited;
      windows(1, 1.9, 110);
    }
    assertThat(before).isGreaterThanOrEqualTo(8 * ShortCalls.FIRST_WAIT);
  }

  @Test
  void workersLeaveTheirProcessorToOthersOfTheProcess() {
    becomeBusy();
    windows(1, 1.9, 120);
    processors.others = 2.4;
    windows(1, 1.6, 120);
    assertThat(calls.isHere(1)).isFalse();

    processors.others = 2.6;
    windows(1, 1.4, 120);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void workersEndWhenThereIsLittleToDo() {
    becomeBusy();
    windows(1, 1.9, 120);
    windows(ShortCalls.MOST_CALM - 1, 0.3, 20);
    assertThat(calls.isHere(1)).isFalse();

    windows(1, 0.3, 20);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void aPauseInTheStreamDecidesNothing() {
    becomeBusy();
    for (int i = 0; i < 2 * ShortCalls.MOST_CALM; i++) {
      windows(1, 1.9, 120);
      assertThat(calls.isHere(1)).isFalse();
      now += TimeUnit.SECONDS.toNanos(1);
      call(0);
      beginWindow();
    }
  }

  @Test
  void aStreamThatOnlyPausesAsksForNoProcessorTime() {
    pauses(100);

    assertThat(processors.asked).isZero();
  }

  @Test
  void aStreamThatOnlyPausesNeedsNoWorkers() {
    becomeBusy();
    windows(1, 1.9, 120);
    pauses(ShortCalls.MOST_CALM - 1);
    assertThat(calls.isHere(1)).isFalse();

    pauses(1);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void pausesBeforeTheWorkersAreTriedDecideNothing() {
    becomeShort();
    pauses(ShortCalls.MOST_CALM - 1);
    beginWindow();
    windows(1, 1, 100);
    assertThat(calls.isHere(1)).isFalse();

    pauses(1);
    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void pausesDoNotPutOffTheNextTry() {
    becomeShort();
    pauses(ShortCalls.MOST_CALM);
    beginWindow();

    windows(1, 1, 100);
    assertThat(calls.isHere(1)).isFalse();
  }

  @Test
  void pausesDoNotBringTheNextTryForward() {
    becomeBusy();
    windows(1, 1.9, 110);
    while (calls.isHere(1)) {
      windows(1, 1, 100);
    }
    windows(1, 1.9, 110);

    pauses(ShortCalls.MOST_CALM);
    beginWindow();
    windows(2 * ShortCalls.FIRST_WAIT - 1, 1, 100);
    assertThat(calls.isHere(1)).isTrue();
  }

  @Test
  void aCallThatTakesAsLongAsAPauseIsNone() {
    long nanos = 2 * ShortCalls.PAUSE_NANOS;
    ShortCalls ofSlowModel = new ShortCalls(Duration.ofSeconds(1), processors);
    int idleLater = processors.count;
    processors.count = 0;
    for (int batch = 0; batch < ShortCalls.FULL_TRUST; batch++) {
      now += nanos;
      ofSlowModel.scored(1, nanos, now);
    }
    assertThat(ofSlowModel.isHere(1)).isTrue();

    processors.count = idleLater;
    for (long end = now + ShortCalls.WINDOW_NANOS; now < end; ) {
      now += nanos;
      ofSlowModel.scored(1, nanos, now);
    }
    assertThat(ofSlowModel.isHere(1)).isFalse();
  }
}
