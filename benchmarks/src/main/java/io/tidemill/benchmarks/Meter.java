package io.tidemill.benchmarks;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the records that come out at the end of a variant, and tells the variant when to run and
 * when to stop.
 *
 * <p>A meter is known in the process by its name, so that functions which Flink has serialized find
 * it again.
 *
 * <p>Thread-safe; a {@link Tally} belongs to one thread.
 */
final class Meter implements AutoCloseable {
  private static final Map<String, Meter> OPEN = new ConcurrentHashMap<>();
  private static final long POLL_MILLIS = 5;
  private static final long END_SECONDS = 60;

  private final String name;
  private final List<Tally> tallies = new CopyOnWriteArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean stopped;
  private volatile CompletableFuture<Void> turn = CompletableFuture.completedFuture(null);

  private Meter(String name) {
    this.name = name;
  }

  /** One thread's count. Not thread-safe, except that a meter reads it at any time. */
  static final class Tally {
    private final AtomicLong published = new AtomicLong();
    private long count;

    void add(long records) {
      count += records;
      published.lazySet(count);
    }
  }

  static Meter open(String name) {
    Meter meter = new Meter(name);
    if (OPEN.putIfAbsent(name, meter) != null) {
      throw new IllegalStateException("meter '" + name + "': open already (expected: once)");
    }
    return meter;
  }

  static Meter named(String name) {
    return requireNonNull(OPEN.get(name), "no open meter " + name);
  }

  Tally tally() {
    Tally tally = new Tally();
    tallies.add(tally);
    return tally;
  }

  /** Whether the variant should end. */
  boolean stopped() {
    return stopped;
  }

  /** Tells the variant to end. */
  void stop() {
    stopped = true;
    turn.complete(null);
    stop.countDown();
  }

  /** Blocks for this long, or until the variant should end. */
  void awaitStop(Duration longest) throws InterruptedException {
    stop.await(longest.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Done while the variant may run, and when it should end. */
  CompletableFuture<Void> turn() {
    return turn;
  }

  /** Waits for a turn; whether there was another. */
  boolean awaitTurn() {
    turn.join();
    return !stopped;
  }

  /**
   * Measures a variant that runs already, by turns, and ends it.
   *
   * @param work done when the variant has ended, by itself only if it failed
   */
  void measure(Turns turns, Future<?> work) throws Exception {
    try {
      while (total() == 0) {
        runFor(POLL_MILLIS, work);
      }
      runFor(turns.warmUp().toMillis(), work);
      turn = new CompletableFuture<>();
      for (Optional<Duration> length = turns.next(); length.isPresent(); length = turns.next()) {
        turns.end(take(turns.settle(), length.get(), work));
      }
    } finally {
      stop();
      work.get(END_SECONDS, TimeUnit.SECONDS);
    }
  }

  private Measurement take(Duration settle, Duration length, Future<?> work) throws Exception {
    turn.complete(null);
    try {
      runFor(settle.toMillis(), work);
      ProcessCpu cpu = ProcessCpu.sinceNow();
      AllocatedBytes bytes = AllocatedBytes.sinceNow();
      long startNanos = System.nanoTime();
      long before = total();
      runFor(length.toMillis(), work);
      long records = total() - before;
      long nanos = System.nanoTime() - startNanos;
      long allocated = bytes.untilNow();
      return Measurement.ofRecords(records, nanos, cpu.untilNow(), allocated);
    } finally {
      turn = new CompletableFuture<>();
    }
  }

  private void runFor(long millis, Future<?> work) throws InterruptedException, ExecutionException {
    try {
      work.get(millis, TimeUnit.MILLISECONDS);
      throw new IllegalStateException("variant '" + name + "': ended (expected: runs on)");
    } catch (TimeoutException e) {
      // The expected outcome: the variant still runs.
      return;
    }
  }

  /** Records counted so far. */
  long total() {
    return tallies.stream().mapToLong(tally -> tally.published.get()).sum();
  }

  @Override
  public void close() {
    OPEN.remove(name);
  }
}
