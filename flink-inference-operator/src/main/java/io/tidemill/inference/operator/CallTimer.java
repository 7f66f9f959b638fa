package io.tidemill.inference.operator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * When the present model call of a scorer began, for another thread to see one that hangs.
 *
 * <p>Written by whoever calls, read by any thread.
 */
final class CallTimer {
  private final Step step;
  private final Duration limit;
  private final NanoClock clock;
  private volatile boolean calling;
  private volatile int rows;
  private volatile long startedNanos;

  CallTimer(Step step, Duration limit, NanoClock clock) {
    this.step = step;
    this.limit = limit;
    this.clock = clock;
  }

  // The caller only. The flag is written after the start and read before it: a reader never pairs a
  // call with the start of an earlier one.
  void started(int callRows, long nowNanos) {
    rows = callRows;
    startedNanos = nowNanos;
    calling = true;
  }

  void ended() {
    calling = false;
  }

  /**
   * How long the present call may still take: the whole limit if there is none.
   *
   * @throws InferenceException if it has taken as long
   */
  long nanosLeft() {
    long elapsed = calling ? Math.max(0, clock.nanos() - startedNanos) : 0;
    long left = limit.toNanos() - elapsed;
    if (left <= 0) {
      throw step.failure(
          "a call with %d records has taken %d ms (expected: <= call-timeout, %d ms)"
              .formatted(rows, TimeUnit.NANOSECONDS.toMillis(elapsed), limit.toMillis()),
          null);
    }
    return left;
  }
}
