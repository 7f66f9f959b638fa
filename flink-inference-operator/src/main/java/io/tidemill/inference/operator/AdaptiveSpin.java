package io.tidemill.inference.operator;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A wait that begins awake: it looks again and again for a short time, giving way to every other
 * thread in between, before its caller sleeps.
 *
 * <p>Whoever wakes a sleeping thread pays for it, above all on a virtual machine, and the sleeper
 * is late by as much again, which is not little beside a small model's call. Waiting awake costs
 * nothing where nobody else wants the processor. So a wait fails if nothing comes, and if another
 * thread wanted the processor meanwhile, even if something came. Failures cost credit and successes
 * earn some back. Without any, the next waits are asleep and earn 1 each, until the credit is full:
 * with too few processors, or long calls, one wait of seventeen is awake, 4096 in a row.
 *
 * <p>They are in a row because of what schedulers do: two threads that wake each other are put on
 * one processor, where each wait fails, and only some ten milliseconds of waiting awake part them
 * again. Single tries, ever rarer, stayed failures, and 512 in a row were sometimes over too soon.
 *
 * <p>Used by one thread.
 */
final class AdaptiveSpin {
  /** The longest wait awake; twice as much made no difference. */
  static final long LONGEST_NANOS = TimeUnit.MICROSECONDS.toNanos(60);

  /** Giving way for so long means that another thread ran; with none it takes a tenth of this. */
  static final long GIVEN_AWAY_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

  static final int FULL_CREDIT = 65_536;
  static final int PRICE_OF_FAILURE = 16;
  static final int EARNED_BY_SUCCESS = 4;

  /** Whether waits are awake at all; a measurement may say no. */
  private static final boolean AWAKE = !Boolean.getBoolean("tidemill.sleep");

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
  @SuppressWarnings("ThreadPriorityCheck") // Only a hint: without it, time ends the wait.
  boolean await() {
    if (!AWAKE) {
      return false;
    }
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
