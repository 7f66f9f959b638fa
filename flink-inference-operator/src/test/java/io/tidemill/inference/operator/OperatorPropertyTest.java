package io.tidemill.inference.operator;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Checkpoints, timers, faults and memory at once, at random. */
@Timeout(value = 1_800, unit = TimeUnit.SECONDS)
class OperatorPropertyTest {
  private static final int SEEDS = 3_000;

  @Test
  void anyScheduleKeepsEveryRule() throws Exception {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        new OperatorSchedule(seed).run();
      } catch (AssertionError | RuntimeException failure) {
        throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
      }
    }
  }
}
