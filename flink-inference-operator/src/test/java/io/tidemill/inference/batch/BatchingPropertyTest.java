package io.tidemill.inference.batch;

import org.junit.jupiter.api.Test;

class BatchingPropertyTest {
  private static final int SEEDS = 5_000;

  @Test
  void anySequenceKeepsEveryRule() {
    for (long seed = 0; seed < SEEDS; seed++) {
      try {
        new BatchingSequence(seed).run();
      } catch (AssertionError | RuntimeException failure) {
        throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
      }
    }
  }
}
