package io.tidemill.inference.operator;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of this process that deadlines come from where Flink has no timers to give, or
 * where the task thread that its timers run in may hang. It lives while anyone holds it, and what
 * it runs is to be short.
 *
 * <p>Thread-safe.
 */
final class Alarms implements AutoCloseable {
  private static int holders;
  private static @Nullable ScheduledThreadPoolExecutor shared;

  private final ScheduledExecutorService thread;
  // Few, of which some may have run.
  private final List<Future<?>> alarms = new ArrayList<>();
  private boolean closed;

  private Alarms(ScheduledExecutorService thread) {
    this.thread = thread;
  }

  /** Holds the thread until {@link #close}. */
  static Alarms hold() {
    synchronized (Alarms.class) {
      ScheduledThreadPoolExecutor present = shared;
      if (present == null) {
        present = new ScheduledThreadPoolExecutor(1, Alarms::thread);
        present.setRemoveOnCancelPolicy(true);
        shared = present;
      }
      holders++;
      return new Alarms(present);
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "tidemill-deadlines");
    thread.setDaemon(true);
    // Not that of the first job, whose classes it would keep.
    thread.setContextClassLoader(Alarms.class.getClassLoader());
    return thread;
  }

  /**
   * Runs an action on the thread in this many nanoseconds, unless this is closed before. It must
   * not throw.
   */
  void in(long nanos, Runnable action) {
    synchronized (Alarms.class) {
      if (!closed) {
        alarms.removeIf(Future::isDone);
        alarms.add(thread.schedule(action, nanos, TimeUnit.NANOSECONDS));
      }
    }
  }

  /** Forgets what is not due yet, and all that it holds. */
  @Override
  public void close() {
    synchronized (Alarms.class) {
      if (closed) {
        return;
      }
      closed = true;
      alarms.forEach(alarm -> alarm.cancel(false));
      alarms.clear();
      ScheduledThreadPoolExecutor present = shared;
      if (--holders == 0 && present != null) {
        present.shutdown();
        shared = null;
      }
    }
  }
}
