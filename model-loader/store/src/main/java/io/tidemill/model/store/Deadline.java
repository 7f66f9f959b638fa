package io.tidemill.model.store;

import java.time.Duration;

/**
 * By when requests to a store have ended.
 *
 * @param atNanos of {@link System#nanoTime()}
 */
public record Deadline(long atNanos) {
  /** As far away as that clock can tell. */
  public static final Deadline NONE = new Deadline(System.nanoTime() + (Long.MAX_VALUE >> 1));

  public static Deadline in(Duration time) {
    return new Deadline(System.nanoTime() + time.toNanos());
  }

  public boolean passed() {
    return atNanos - System.nanoTime() <= 0;
  }

  /** The earlier of two. */
  public Deadline or(Deadline other) {
    return atNanos - other.atNanos <= 0 ? this : other;
  }
}
