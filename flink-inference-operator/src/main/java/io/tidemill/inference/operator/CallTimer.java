package io.tidemill.inference.operator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When a scorer began what it does with its batch at present, a call of the model or users' code
 * around it, for another thread to see what hangs.
 *
 * <p>Written by whoever has the scorer, read by any thread.
 */
final class CallTimer {
  // Call-timeout is chosen for the model. Users' code loads its classes with its first batch, which
  // may take longer than any call, and a job is not to fail of that.
  private static final Duration LEAST_FOR_CODE = Duration.ofSeconds(10);

  private final Step step;
  private final Duration callLimit;
  private final Duration codeLimit;
  private final NanoClock clock;
  private volatile @Nullable Present present;

  /** What may hang, as a message names it. */
  enum Work {
    ENCODE("encoding"),
    CALL("a call with"),
    DECODE("decoding");

    private final String text;

    Work(String text) {
      this.text = text;
    }
  }

  private record Present(Work work, int rows, long startedNanos) {
    boolean isCall() {
      return work == Work.CALL;
    }
  }

  /**
   * A timer.
   *
   * @param callLimit of a call, and of users' code where that is more than ten seconds
   */
  CallTimer(Step step, Duration callLimit, NanoClock clock) {
    this.step = step;
    this.callLimit = callLimit;
    this.codeLimit = callLimit.compareTo(LEAST_FOR_CODE) > 0 ? callLimit : LEAST_FOR_CODE;
    this.clock = clock;
  }

  void started(Work work, int rows, long nowNanos) {
    present = new Present(work, rows, nowNanos);
  }

  void ended() {
    present = null;
  }

  /** Whether a call of the model has taken too long, and not users' code. */
  boolean isCallOverdue() {
    Present now = present;
    return now != null && now.isCall() && elapsedNanos(now) >= callLimit.toNanos();
  }

  /**
   * How long until it is to be looked at again: what the present work has left, but no longer than
   * a call may take, as one may begin meanwhile.
   *
   * @throws InferenceException if the present work has taken too long
   */
  long nanosLeft() {
    Present now = present;
    if (now == null) {
      return callLimit.toNanos();
    }
    Duration limit = now.isCall() ? callLimit : codeLimit;
    long elapsed = elapsedNanos(now);
    long left = limit.toNanos() - elapsed;
    if (left <= 0) {
      throw step.failure(
          "%s %d records has taken %d ms (expected: <= %s, %d ms)"
              .formatted(
                  now.work.text,
                  now.rows,
                  TimeUnit.NANOSECONDS.toMillis(elapsed),
                  now.isCall()
                      ? "call-timeout"
                      : "the longer of call-timeout and " + LEAST_FOR_CODE.toSeconds() + " s",
                  limit.toMillis()),
          null);
    }
    return Math.min(left, callLimit.toNanos());
  }

  private long elapsedNanos(Present now) {
    return Math.max(0, clock.nanos() - now.startedNanos);
  }
}
