package io.tidemill.inference.operator;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Lets the task thread make the model's calls itself where they are short: nothing is handed over,
 * nobody is woken, and the input is still in the processor's cache. A mail then waits for one such
 * call.
 *
 * <p><b>Short</b> are calls of which at most one in a hundred takes longer than the limit. They are
 * the workers' until so many were short, and again as soon as too many were not, so that a model
 * that hangs or slows down does so there. So is a batch larger than any that was short, as the
 * first full one of a stream that was quiet. Where there is one processor, the task thread stands
 * in the way of the workers' calls and makes them seem long: it takes them over where nine in ten
 * are short.
 *
 * <p><b>A processor that is idle</b> may be of more use than what it takes to hand over. So where
 * the task thread is busy and the process leaves a processor idle, the workers are tried, and kept
 * if more records a second come of it. They lose the calls again when others of the process want
 * the processor, when there is little to do, and for a moment now and then, to be compared anew.
 * What was tried in vain is tried again ever more rarely. What the process uses is measured, and
 * not what the machine does: others on the machine are not seen.
 *
 * <p>A pause in the stream tells nothing of either, so what is measured ends with it, and begins
 * again with the second batch behind it: of a quiet stream, where asking for processor time would
 * cost as much as its calls, nothing is.
 */
final class ShortCalls implements CallPlace {
  static final int FULL_TRUST = 200;
  static final int PRICE_OF_A_LONG_CALL = 100;

  /** Of a worker's, where it shares the only processor with the task thread. */
  static final int PRICE_OF_A_DISTURBED_CALL = 9;

  static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Of a processor: so much makes the task thread busy, and leaves another one idle. */
  static final double BUSY = 0.8;

  /** Of a processor: less is not worth a second one. */
  static final double CALM = 0.5;

  /** Records a second with workers over those without, for them to be worth a processor. */
  static final double GAIN = 1.15;

  // In windows.
  static final int FIRST_WAIT = 10;
  static final int LONGEST_WAIT = 600;
  static final int LONGEST_STAY = 300;
  static final int MOST_CALM = 5;

  private final long limitNanos;
  private final ProcessorUse use;
  private int trust;
  private boolean areShort;
  // Of a short call.
  private int mostRecords;

  private boolean withWorkers;
  private boolean proven;
  private double rateHere;
  private int stay;
  private int calm;
  private int wait;
  private int nextWait = FIRST_WAIT;

  // The window that is measured.
  private boolean begun;
  private long lastNanos;
  private long begunNanos;
  private long records;
  private long callNanos;
  private long processNanos;
  private long stepNanos;

  ShortCalls(Duration limit, ProcessorUse use) {
    this.limitNanos = limit.toNanos();
    this.use = use;
  }

  @Override
  public boolean isHere(int batchRecords) {
    return areShort && !withWorkers && batchRecords <= mostRecords;
  }

  @Override
  public void scored(int batchRecords, long batchCallNanos, long nowNanos) {
    trust(batchRecords, batchCallNanos < limitNanos);
    records += batchRecords;
    callNanos += batchCallNanos;
    if (nowNanos - lastNanos - batchCallNanos > PAUSE_NANOS) {
      if (withWorkers) {
        leaveIfCalm(true);
      }
      begun = false;
    } else if (!begun) {
      begin(nowNanos);
    } else if (nowNanos - begunNanos >= WINDOW_NANOS) {
      look((double) (nowNanos - begunNanos));
      begin(nowNanos);
    }
    lastNanos = nowNanos;
  }

  private void trust(int batchRecords, boolean isShort) {
    if (isShort) {
      trust = Math.min(FULL_TRUST, trust + 1);
      mostRecords = Math.max(mostRecords, batchRecords);
    } else {
      boolean disturbed = !areShort && use.processors() == 1;
      int price = disturbed ? PRICE_OF_A_DISTURBED_CALL : PRICE_OF_A_LONG_CALL;
      trust = Math.max(0, trust - price);
    }
    areShort = areShort ? trust > 0 : trust == FULL_TRUST;
    if (!isShort && !areShort) {
      mostRecords = 0;
    }
  }

  private void begin(long nowNanos) {
    begun = true;
    begunNanos = nowNanos;
    records = 0;
    callNanos = 0;
    processNanos = use.processNanos();
    stepNanos = use.stepNanos();
  }

  private void look(double nanos) {
    double step = (use.stepNanos() - stepNanos) / nanos;
    double process = (use.processNanos() - processNanos) / nanos;
    // A call may wait for something other than a processor.
    double busy = Math.max(step, callNanos / nanos);
    // The task thread has one; what the step takes beyond it is its workers'.
    double idle = use.processors() - process + Math.max(0, step - 1);
    double rate = records / nanos;
    if (!areShort) {
      withWorkers = false;
    } else if (!withWorkers) {
      wait = Math.max(0, wait - 1);
      if (wait == 0 && busy >= BUSY && idle >= BUSY) {
        withWorkers = true;
        proven = false;
        rateHere = rate;
        stay = 0;
        calm = 0;
      }
    } else if (!proven && busy >= BUSY && rate < rateHere * GAIN) {
      leave(nextWait + ThreadLocalRandom.current().nextInt(nextWait));
      nextWait = Math.min(LONGEST_WAIT, 2 * nextWait);
    } else {
      if (!proven && busy >= BUSY) {
        proven = true;
        nextWait = FIRST_WAIT;
      }
      leaveIfCalm(busy < CALM);
      if (idle < CALM) {
        leave(FIRST_WAIT);
      } else if (++stay == LONGEST_STAY) {
        leave(0);
      }
    }
  }

  private void leaveIfCalm(boolean isCalm) {
    calm = isCalm ? calm + 1 : 0;
    if (calm == MOST_CALM) {
      leave(FIRST_WAIT);
    }
  }

  private void leave(int windows) {
    withWorkers = false;
    wait = windows;
  }
}
