package io.tidemill.inference.operator;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A wait that begins awake: it looks again and again for a short time, giving way to every other
 * thread in between, before its caller sleeps.
 *
 * <p>Whoever wakes a sleeping thread pays some microseconds for it, above all on a virtual machine,
 * and the sleeper is late by as much again: half as long as a small model's call. Staying awake
 * costs a processor that nobody else wants, or else it is a failure, as it is when nothing comes.
 * Each failure costs credit, each success earns some back. Without credit every wait is asleep,
 * until that has earned all of it: a machine with too few processors, or a model with long calls,
 * sees one short wait in seventeen.
 *
 * <p>All that credit is spent in one go because of what schedulers do: two threads that wake each
 * other are put on one processor, where each wait is a failure, and only some ten milliseconds of
 * waiting awake part them again. Single tries, ever rarer, stayed failures, and 512 in a row were
 * sometimes over too soon; 4096 were not.
 *
 * <p>Used by one thread.
 */
final class AdaptiveSpin {
  /** The longest wait awake; twice as much made no difference. */
  static final long LONGEST_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

  /** Giving way for as long as this means that another thread ran; to nobody takes less than 1. */
  static final long GIVEN_AWAY_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

  static final int FULL_CREDIT = 65_536;
  static final int PRICE_OF_FAILURE = 16;
  private static final int EARNED_BY_SUCCESS = 4;

  private final NanoClock clock;
  private final BooleanSupplier arrival;
  private int credit = FULL_CREDIT;
  private boolean asleep;

  /**
   * A wait with full credit.
   *
   * @param clock of the machine, as what is spent is a processor's time
   * @param arrival looks for what is waited for, and takes it where it is there
   */
  AdaptiveSpin(NanoClock clock, BooleanSupplier arrival) {
    this.clock = clock;
    this.arrival = arrival;
  }

  /** Whether what was waited for came; if not, the caller sleeps until it does. */
  @SuppressWarnings(
      "ThreadPriorityCheck") // Only a hint: where it does nothing, time ends the wait.
  boolean await() {
    if (asleep) {
      asleep = ++credit < FULL_CREDIT;
      return false;
    }
    long started = clock.nanos();
    long looked = started;
    boolean arrived = false;
    boolean free = true;
    while (!arrived && free && looked - started < LONGEST_NANOS) {
      Thread.yield();
      long now = clock.nanos();
      free = now - looked < GIVEN_AWAY_NANOS;
      looked = now;
      arrived = arrival.getAsBoolean();
    }
    settle(arrived && free);
    return arrived;
  }

  private void settle(boolean success) {
    if (success) {
      credit = Math.min(FULL_CREDIT, credit + EARNED_BY_SUCCESS);
    } else {
      credit = Math.max(0, credit - PRICE_OF_FAILURE);
      asleep = credit == 0;
    }
  }
}
