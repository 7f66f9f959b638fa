package io.tidemill.pipelines.definition;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When a batch of a step closes, and how many may be in flight.
 *
 * @param maxSize the most records of a batch
 * @param maxBytes the most bytes of a batch; null for no limit besides {@code maxSize}
 * @param maxDelay the longest the first record of a batch waits for the others; zero for not at all
 * @param maxInFlight the most batches handed to the model whose results are not emitted
 */
public record BatchingDefinition(
    int maxSize, @Nullable Long maxBytes, Duration maxDelay, int maxInFlight) {
  public static final int DEFAULT_MAX_SIZE = 256;
  public static final Duration DEFAULT_MAX_DELAY = Duration.ofMillis(20);
  public static final int DEFAULT_MAX_IN_FLIGHT = 4;

  /** Every default. */
  public static final BatchingDefinition DEFAULT =
      new BatchingDefinition(DEFAULT_MAX_SIZE, null, DEFAULT_MAX_DELAY, DEFAULT_MAX_IN_FLIGHT);

  public BatchingDefinition {
    checkMaxSize(maxSize);
    if (maxBytes != null) {
      checkMaxBytes(maxBytes);
    }
    checkMaxDelay(maxDelay);
    checkMaxInFlight(maxInFlight);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static int checkMaxSize(int maxSize) {
    return (int) atLeastOne("max-size", maxSize);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static long checkMaxBytes(long maxBytes) {
    return atLeastOne("max-bytes", maxBytes);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public static int checkMaxInFlight(int maxInFlight) {
    return (int) atLeastOne("max-in-flight", maxInFlight);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public static Duration checkMaxDelay(Duration maxDelay) {
    if (maxDelay.isNegative()) {
      throw new IllegalArgumentException("max-delay: " + maxDelay + " (expected: >= 0)");
    }
    return maxDelay;
  }

  private static long atLeastOne(String subject, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(subject + ": " + value + " (expected: >= 1)");
    }
    return value;
  }
}
