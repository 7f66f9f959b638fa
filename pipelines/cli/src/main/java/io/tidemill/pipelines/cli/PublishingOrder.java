package io.tidemill.pipelines.cli;

import java.time.Duration;
import java.util.BitSet;

/**
 * Lets dates that run at once publish in their order, and none after one that did not: what readers
 * find is what runs one after the other would have left. Dates go by their place, from 0.
 *
 * <p>Thread-safe.
 */
final class PublishingOrder {
  private final BitSet done = new BitSet();
  private int firstFailed = Integer.MAX_VALUE;

  /** A date is published, or was before. */
  synchronized void done(int date) {
    done.set(date);
    notifyAll();
  }

  /** A date is not published. */
  synchronized void failed(int date) {
    firstFailed = Math.min(firstFailed, date);
    notifyAll();
  }

  /** Whether a date before this one was not published, so that this one is not either. */
  synchronized boolean isCutOff(int date) {
    return firstFailed < date;
  }

  /**
   * Blocks until all dates before this one are published, one of them has failed, or the time has
   * passed.
   *
   * @param time more than 0
   * @return whether they are published
   */
  synchronized boolean awaitTurn(int date, Duration time) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + time.toNanos();
    while (done.nextClearBit(0) < date && !isCutOff(date)) {
      long leftMillis = Duration.ofNanos(deadlineNanos - System.nanoTime()).toMillis();
      if (leftMillis <= 0) {
        break;
      }
      wait(leftMillis);
    }
    return done.nextClearBit(0) >= date;
  }
}
