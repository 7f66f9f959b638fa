package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which step of which batch a worker does next.
 *
 * <p>At most {@code callLimit} calls of the model run at a time, begun in the order in which
 * batches were dispatched. A worker that ends a call begins the next one at once if a batch stands
 * encoded; decoding, and encoding ahead, then fall to a worker that may not call, so that the model
 * waits for neither. Where nobody has encoded ahead, a worker takes its batch through all three
 * steps by itself.
 *
 * <p>Encoding ahead wakes a worker only where it saves more time than the wake-up takes, and of
 * those that sleep, the one that slept last is woken: small batches stay with one worker, whose
 * processor has the model in its caches.
 *
 * <p>Thread-safe.
 */
final class Lanes<T, R> {
  // Two workers that take turns cost more than the 36 microseconds of a batch of 512 small records
  // that they save: 0.75 of the raw loop against 0.79 with one (medians of interleaved runs, four
  // slots). For pictures, whose encoding takes some 300, it is 0.92 against 0.78. Tried and
  // dropped:
  // to spin before sleeping, which slows the call beside it, and to hold results back so that one
  // mail brings several batches, which gained little and let them wait for another batch's call.
  private static final long WORTH_WAKING_NANOS = 100_000;

  private final int workers;
  private final int callLimit;
  private final ReentrantLock lock = new ReentrantLock();

  // All guarded by the lock.
  private final ArrayDeque<Batch<T, Object>> dispatched = new ArrayDeque<>();
  private final ArrayDeque<Lane<T, R>> free;
  // In the order in which their batches were dispatched, which is the order of the calls: a batch
  // that is encoded sooner than an older one waits for it, as its results would in the end.
  private final ArrayDeque<Lane<T, R>> uncalled = new ArrayDeque<>();
  private final ArrayDeque<Lane<T, R>> called = new ArrayDeque<>();
  private final ArrayDeque<Condition> sleepers = new ArrayDeque<>();
  private int calling;
  private long codecNanos;

  /**
   * Lanes without work.
   *
   * @param lanes one for each worker
   */
  Lanes(List<Lane<T, R>> lanes, int callLimit) {
    this.workers = lanes.size();
    this.free = new ArrayDeque<>(lanes);
    this.callLimit = callLimit;
  }

  /** Adds a batch to those that wait. */
  void submit(Batch<T, Object> batch) {
    lock.lock();
    try {
      dispatched.add(batch);
      wakeIfWorth();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the next step.
   *
   * @param done the lane whose step the worker has just done; null for its first one
   */
  Lane<T, R> next(@Nullable Lane<T, R> done) throws InterruptedException {
    lock.lock();
    try {
      if (done != null) {
        giveBack(done);
      }
      Lane<T, R> taken = take();
      while (taken == null) {
        sleep();
        taken = take();
      }
      wakeIfWorth();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void sleep() throws InterruptedException {
    Condition mine = lock.newCondition();
    sleepers.push(mine);
    try {
      do {
        mine.await();
      } while (sleepers.contains(mine));
    } finally {
      sleepers.remove(mine);
    }
  }

  private void giveBack(Lane<T, R> lane) {
    if (lane.step() == Lane.Step.CALL) {
      calling--;
    } else if (lane.step() == Lane.Step.DECODE) {
      codecNanos = lane.codecNanos();
    }
    if (lane.isFree()) {
      uncalled.remove(lane);
      free.add(lane);
      return;
    }
    lane.advance();
    if (lane.step() == Lane.Step.DECODE) {
      called.add(lane);
    }
  }

  private @Nullable Lane<T, R> take() {
    if (mayCall()) {
      calling++;
      return uncalled.remove();
    }
    if (!called.isEmpty()) {
      return called.remove();
    }
    if (mayEncode()) {
      Lane<T, R> lane = free.remove();
      lane.enter(dispatched.remove(), calling > 0);
      uncalled.add(lane);
      return lane;
    }
    return null;
  }

  private boolean mayCall() {
    Lane<T, R> oldest = uncalled.peek();
    return calling < callLimit && oldest != null && oldest.step() == Lane.Step.CALL;
  }

  private boolean mayEncode() {
    return !dispatched.isEmpty() && !free.isEmpty();
  }

  private void wakeIfWorth() {
    if (sleepers.isEmpty()) {
      return;
    }
    // Whoever is awake comes back for the next batch before it sleeps.
    boolean ahead = workers - sleepers.size() >= callLimit;
    boolean worth = !ahead || codecNanos > WORTH_WAKING_NANOS;
    if (mayCall() || !called.isEmpty() || (mayEncode() && worth)) {
      sleepers.pop().signal();
    }
  }
}
