package io.tidemill.inference.operator;

/**
 * When a worker's present model call began, for the task thread to see a call that hangs.
 *
 * <p>Written by one worker, read by the task thread.
 */
final class CallTimer {
  private volatile boolean calling;
  private volatile int rows;
  private volatile long startedNanos;

  // The worker only. The flag is written after the start and read before it: a reader never pairs a
  // call with the start of an earlier one.
  void started(int callRows, long nowNanos) {
    rows = callRows;
    startedNanos = nowNanos;
    calling = true;
  }

  void ended() {
    calling = false;
  }

  /** How long the present call has taken, 0 if there is none. */
  long elapsedNanos(long nowNanos) {
    return calling ? Math.max(0, nowNanos - startedNanos) : 0;
  }

  int rows() {
    return rows;
  }
}
