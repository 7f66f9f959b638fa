package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class AdaptiveSpinTest {
  private static final long ALONE_NANOS = 500;
  private static final int FAILURES_TO_SLEEP =
      AdaptiveSpin.FULL_CREDIT / AdaptiveSpin.PRICE_OF_FAILURE;

  private long now;
  private long givingWayNanos = ALONE_NANOS;
  private int looks;
  private int arrivesAtLook;
  // Each reading of the clock but the first of a wait comes after giving way once.
  private final AdaptiveSpin spin =
      new AdaptiveSpin(() -> now += givingWayNanos, () -> ++looks == arrivesAtLook);

  @Test
  void answersAsSoonAsWhatItWaitsForIsThere() {
    assertThat(waitFor(3)).isTrue();

    assertThat(looks).isEqualTo(3);
  }

  @Test
  void leavesTheRestOfALongWaitToItsCaller() {
    long before = now;

    assertThat(waitFor(Integer.MAX_VALUE)).isFalse();

    assertThat(now - before)
        .isBetween(AdaptiveSpin.LONGEST_NANOS, AdaptiveSpin.LONGEST_NANOS + 2 * ALONE_NANOS);
  }

  @Test
  void endsWhenAnotherThreadHadTheProcessor() {
    givingWayNanos = AdaptiveSpin.GIVEN_AWAY_NANOS;

    assertThat(waitFor(2)).isFalse();

    assertThat(looks).isEqualTo(1);
  }

  @Test
  void looksOnceMoreAfterAnotherThreadHadTheProcessor() {
    givingWayNanos = TimeUnit.MILLISECONDS.toNanos(3);

    assertThat(waitFor(1)).isTrue();
  }

  @Test
  void sleepsAfterManyWaitsInVain() {
    fail(FAILURES_TO_SLEEP);

    assertThat(waitFor(1)).isFalse();

    assertThat(looks).isZero();
  }

  @Test
  void sleepsAfterManyWaitsThatOthersPaidFor() {
    givingWayNanos = AdaptiveSpin.GIVEN_AWAY_NANOS;
    for (int i = 0; i < FAILURES_TO_SLEEP; i++) {
      assertThat(waitFor(1)).isTrue();
    }

    assertThat(waitFor(1)).isFalse();
  }

  @Test
  void triesAgainWithFullCreditAfterSleepingForLong() {
    fail(FAILURES_TO_SLEEP);
    for (int i = 0; i < AdaptiveSpin.FULL_CREDIT; i++) {
      assertThat(waitFor(1)).isFalse();
    }

    assertThat(waitFor(1)).isTrue();
    fail(FAILURES_TO_SLEEP - 1);
    assertThat(waitFor(1)).isTrue();
  }

  @Test
  void staysAwakeWhileFewWaitsAreInVain() {
    for (int i = 0; i < FAILURES_TO_SLEEP; i++) {
      fail(1);
      int successesPerFailure = AdaptiveSpin.PRICE_OF_FAILURE / AdaptiveSpin.EARNED_BY_SUCCESS;
      for (int success = 0; success < successesPerFailure; success++) {
        assertThat(waitFor(2)).isTrue();
      }
    }
  }

  @Test
  void sleepsWhileEverySecondWaitIsInVain() {
    for (int i = 0; i < 2 * FAILURES_TO_SLEEP; i++) {
      fail(1);
      boolean unused = waitFor(2);
    }

    assertThat(waitFor(1)).isFalse();
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(waitFor(Integer.MAX_VALUE)).isFalse();
    }
  }

  /** Waits for what is there at this look. */
  private boolean waitFor(int look) {
    looks = 0;
    arrivesAtLook = look;
    return spin.await();
  }
}
