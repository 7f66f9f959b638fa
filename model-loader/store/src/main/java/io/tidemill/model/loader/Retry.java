package io.tidemill.model.loader;

import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A bounded number of attempts at something that a store must answer, each pause twice as long as
 * the one before.
 *
 * @param attempts how often it is tried in all, at least 1
 * @param firstPause between the first attempt and the second
 */
record Retry(int attempts, Duration firstPause, Pause pause) {
  /** How a retry waits. */
  @FunctionalInterface
  interface Pause {
    void sleep(Duration duration) throws InterruptedException;
  }

  /** Three attempts within about three seconds. */
  static Retry standard() {
    return new Retry(
        3, Duration.ofSeconds(1), duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos()));
  }

  /**
   * The first answer.
   *
   * @throws StoreUnavailableException the last one, when every attempt ends in one; any other
   *     exception ends the attempts at once
   */
  <T> T run(Supplier<T> attempt) {
    Duration wait = firstPause;
    for (int left = attempts - 1; ; left--) {
      try {
        return attempt.get();
      } catch (StoreUnavailableException e) {
        if (left == 0) {
          throw e;
        }
        sleep(wait, e);
        wait = wait.multipliedBy(2);
      }
    }
  }

  private void sleep(Duration wait, StoreUnavailableException reason) {
    try {
      pause.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw reason;
    }
  }
}
