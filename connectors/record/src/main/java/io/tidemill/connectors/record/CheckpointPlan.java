package io.tidemill.connectors.record;

import java.time.Duration;
import java.util.Optional;

/**
 * When a job makes its results durable. Immutable.
 *
 * @param interval between two checkpoints; empty where checkpoints are off
 * @param longestRestart how long a failed job may take until it has its state back
 * @param batch whether the job runs in Flink's batch mode, which publishes at its end and needs no
 *     checkpoint
 */
public record CheckpointPlan(Optional<Duration> interval, Duration longestRestart, boolean batch) {
  public CheckpointPlan {
    interval.ifPresent(value -> check("checkpoint interval", value, 1));
    check("longest restart", longestRestart, 0);
  }

  private static void check(String subject, Duration value, long lowestMillis) {
    if (value.toMillis() < lowestMillis) {
      throw new IllegalArgumentException(
          subject + ": " + value + " (expected: >= " + lowestMillis + " ms)");
    }
  }
}
