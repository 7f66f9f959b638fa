package io.tidemill.benchmarks;

import java.io.Serializable;
import java.time.Duration;

/**
 * How long a variant runs.
 *
 * @param warmUp from its first record until counting begins
 * @param measured how long is counted
 */
record Settings(Duration warmUp, Duration measured) implements Serializable {
  Settings {
    if (warmUp.isNegative() || measured.isNegative() || measured.isZero()) {
      throw new IllegalArgumentException(
          "warm-up and measured time: %s and %s (expected: >= 0 and > 0)"
              .formatted(warmUp, measured));
    }
  }

  /** The usual warm-up, or as much as is measured where that is less. */
  static Settings ofSeconds(int measured) {
    return new Settings(Duration.ofSeconds(Math.min(5, measured)), Duration.ofSeconds(measured));
  }
}
