package io.tidemill.inference.batch;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a batch closes and how many may be in flight.
 *
 * @param maxSize the most records of a batch
 * @param maxBytes the most bytes of a batch, as its records' encoder counts them
 * @param maxDelay the longest that the first record of a batch waits for the others; zero closes a
 *     batch as soon as a slot is free
 * @param maxInFlight the most batches handed to the model whose results are not emitted
 */
public record BatchPolicy(int maxSize, long maxBytes, Duration maxDelay, int maxInFlight)
    implements Serializable {
  public static final long UNLIMITED_BYTES = Long.MAX_VALUE;
  public static final int LARGEST_SIZE = 1 << 20;
  public static final int LARGEST_IN_FLIGHT = 1024;

  private static final int DEFAULT_MAX_SIZE = 256;
  private static final Duration DEFAULT_MAX_DELAY = Duration.ofMillis(20);
  private static final int DEFAULT_MAX_IN_FLIGHT = 4;
  private static final Duration LONGEST_DELAY = Duration.ofDays(1);

  public BatchPolicy {
    requireNonNull(maxDelay, "max-delay");
    if (maxSize < 1 || maxSize > LARGEST_SIZE) {
      throw new IllegalArgumentException(
          "max-size: " + maxSize + " (expected: 1 to " + LARGEST_SIZE + ")");
    }
    if (maxBytes < 1) {
      throw new IllegalArgumentException("max-bytes: " + maxBytes + " (expected: >= 1)");
    }
    if (maxDelay.isNegative() || maxDelay.compareTo(LONGEST_DELAY) > 0) {
      throw new IllegalArgumentException("max-delay: " + maxDelay + " (expected: 0s to 1 day)");
    }
    if (maxInFlight < 1 || maxInFlight > LARGEST_IN_FLIGHT) {
      throw new IllegalArgumentException(
          "max-in-flight: " + maxInFlight + " (expected: 1 to " + LARGEST_IN_FLIGHT + ")");
    }
  }

  /** 256 records, no limit on bytes, 20 ms, four in flight. */
  public static BatchPolicy defaults() {
    return new BatchPolicy(
        DEFAULT_MAX_SIZE, UNLIMITED_BYTES, DEFAULT_MAX_DELAY, DEFAULT_MAX_IN_FLIGHT);
  }
}
