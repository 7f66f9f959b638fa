package io.tidemill.benchmarks;

import java.time.Duration;

/**
 * How long a variant runs.
 *
 * @param warmUp from its first record until counting may begin
 * @param measured how long is counted, all turns together
 */
record Settings(Duration warmUp, Duration measured) {
  private static final Duration TURN = Duration.ofMillis(250);
  private static final int MOST_WARM_UP_SECONDS = 10;

  Settings {
    if (warmUp.isNegative() || measured.isNegative() || measured.isZero()) {
      throw new IllegalArgumentException(
          "warm-up and measured time: %s and %s (expected: >= 0 and > 0)"
              .formatted(warmUp, measured));
    }
  }

  /** The usual warm-up, or twice as much as is measured where that is less. */
  static Settings ofSeconds(int measured) {
    return new Settings(
        Duration.ofSeconds(Math.min(MOST_WARM_UP_SECONDS, 2 * measured)),
        Duration.ofSeconds(measured));
  }

  /** The length of a turn. */
  Duration turn() {
    return TURN;
  }

  /** How many turns come to the measured time. */
  int laps() {
    return (int) Math.max(1, measured.dividedBy(TURN));
  }
}
