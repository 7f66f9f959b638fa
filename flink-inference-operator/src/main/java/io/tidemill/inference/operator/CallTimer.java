package io.tidemill.inference.operator;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * When a scorer began what it does with its batch at present, a call of the model or users' code
 * around it, for another thread to see what hangs.
 *
 * <p>Written by whoever has the scorer, read by any thread.
 */
final class CallTimer {
  private final Step step;
  private final Duration limit;
  private final NanoClock clock;
  private volatile boolean running;
  private volatile Work work = Work.CALL;
  private volatile int rows;
  private volatile long startedNanos;

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

  CallTimer(Step step, Duration limit, NanoClock clock) {
    this.step = step;
    this.limit = limit;
    this.clock = clock;
  }

  // Whoever has the scorer only. The flag is written after the start and read before it: a reader
  // never pairs work with the start of what was done before.
  void started(Work next, int itsRows, long nowNanos) {
    work = next;
    rows = itsRows;
    startedNanos = nowNanos;
    running = true;
  }

  void ended() {
    running = false;
  }

  /**
   * How long the present work may still take: the whole limit if there is none.
   *
   * @throws InferenceException if it has taken as long
   */
  long nanosLeft() {
    long elapsed = running ? Math.max(0, clock.nanos() - startedNanos) : 0;
    long left = limit.toNanos() - elapsed;
    if (left <= 0) {
      throw step.failure(
          "%s %d records has taken %d ms (expected: <= call-timeout, %d ms)"
              .formatted(work.text, rows, TimeUnit.NANOSECONDS.toMillis(elapsed), limit.toMillis()),
          null);
    }
    return left;
  }
}
