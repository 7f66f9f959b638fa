package io.tidemill.inference.operator;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;

/**
 * A timer of Flink of which at most one is pending: armed again while it is, nothing happens, and
 * the action looks at the time itself and arms it for the rest.
 *
 * <p>Flink's timers are relative when they are set, so a jump of the wall clock moves none. Task
 * thread only.
 */
final class SingleTimer {
  private final ProcessingTimeService timers;
  private final Runnable action;
  private boolean pending;

  SingleTimer(ProcessingTimeService timers, Runnable action) {
    this.timers = timers;
    this.action = action;
  }

  /**
   * Runs the action in this many nanoseconds, rounded up to milliseconds, unless it will run
   * anyway.
   */
  void arm(long nanos) {
    if (pending) {
      return;
    }
    pending = true;
    long millis = TimeUnit.NANOSECONDS.toMillis(nanos + TimeUnit.MILLISECONDS.toNanos(1) - 1);
    // Never cancelled: an action that finds nothing due does nothing.
    ScheduledFuture<?> unused =
        timers.registerTimer(timers.getCurrentProcessingTime() + millis, timestamp -> fire());
  }

  private void fire() {
    pending = false;
    action.run();
  }
}
