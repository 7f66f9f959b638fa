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
 * <p>Of a variant in whose turn thousands of batches end, so many records are counted in so much
 * time. Where few do, a meter is told their size: it counts from the end of one to the end of
 * another, since a part of a batch at either end of a turn would be a share of the result, and it
 * ends a turn only when no batch is in flight, which would take from whoever is next.
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
  private static final int ANY_SIZE = 0;

  private final String name;
  private final int batch;
  private final List<Tally> tallies = new CopyOnWriteArrayList<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean stopped;
  private volatile CompletableFuture<Void> turn = CompletableFuture.completedFuture(null);
  private volatile boolean resting;
  private volatile long handedOut;

  private Meter(String name, int batch) {
    this.name = name;
    this.batch = batch;
  }

  /** The end of a batch: records counted with it, and when. */
  private record Mark(long records, long nanos) {}

  /** One thread's count. Not thread-safe, except that a meter reads it at any time. */
  static final class Tally {
    private final AtomicLong published = new AtomicLong();
    private final int batch;
    private volatile Optional<Mark> mark = Optional.empty();
    private long count;
    private long due;

    private Tally(int batch) {
      this.batch = batch;
      due = batch == ANY_SIZE ? Long.MAX_VALUE : batch;
    }

    void add(long records) {
      count += records;
      published.lazySet(count);
      if (count >= due) {
        mark = Optional.of(new Mark(count, System.nanoTime()));
        due = count - count % batch + batch;
      }
    }
  }

  static Meter open(String name) {
    return open(name, ANY_SIZE);
  }

  /** Of a variant with one source or one loop, and one tally, that scores batches of this size. */
  static Meter ofBatches(String name, int batch) {
    return open(name, batch);
  }

  private static Meter open(String name, int batch) {
    Meter meter = new Meter(name, batch);
    if (OPEN.putIfAbsent(name, meter) != null) {
      throw new IllegalStateException("meter '" + name + "': open already (expected: once)");
    }
    return meter;
  }

  static Meter named(String name) {
    return requireNonNull(OPEN.get(name), "no open meter " + name);
  }

  Tally tally() {
    Tally tally = new Tally(batch);
    tallies.add(tally);
    return tally;
  }

  String name() {
    return name;
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
    CompletableFuture<Void> next = turn;
    if (!next.isDone()) {
      rest(0);
      next.join();
      goOn();
    }
    return !stopped;
  }

  /**
   * The source has seen that its turn is over.
   *
   * @param records that it has handed out since it began
   */
  void rest(long records) {
    handedOut = records;
    resting = true;
  }

  /** The source has seen that it has another turn. */
  void goOn() {
    resting = false;
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
      endTurn(work);
      for (Optional<Duration> length = turns.next(); length.isPresent(); length = turns.next()) {
        turns.end(take(turns.settle(), length.get(), work));
      }
    } finally {
      stop();
      work.get(END_SECONDS, TimeUnit.SECONDS);
    }
  }

  private Measurement take(Duration settle, Duration length, Future<?> work) throws Exception {
    long begin = System.nanoTime();
    turn.complete(null);
    runFor(settle.toMillis(), work);
    Measurement taken =
        batch == ANY_SIZE ? takeRecords(length, work) : takeBatches(begin, length, work);
    endTurn(work);
    return taken;
  }

  private Measurement takeRecords(Duration length, Future<?> work) throws Exception {
    ProcessCpu cpu = ProcessCpu.sinceNow();
    AllocatedBytes bytes = AllocatedBytes.sinceNow();
    long startNanos = System.nanoTime();
    long before = total();
    runFor(length.toMillis(), work);
    long records = total() - before;
    long nanos = System.nanoTime() - startNanos;
    long allocated = bytes.untilNow();
    return Measurement.ofRecords(records, nanos, cpu.untilNow(), allocated);
  }

  private Measurement takeBatches(long begin, Duration length, Future<?> work) throws Exception {
    Mark first = markAfter(begin, work);
    ProcessCpu cpu = ProcessCpu.sinceNow();
    AllocatedBytes bytes = AllocatedBytes.sinceNow();
    long startNanos = System.nanoTime();
    runFor(length.toMillis(), work);
    Mark last = markAfter(first.nanos(), work);
    long nanos = last.nanos() - first.nanos();
    // What is not counted by batches is that of about the same time.
    double share = (double) nanos / (System.nanoTime() - startNanos);
    long allocated = bytes.untilNow();
    return Measurement.ofRecords(
        last.records() - first.records(),
        nanos,
        Math.round(cpu.untilNow() * share),
        Math.round(allocated * share));
  }

  /** The last batch that has ended; waits for one that has ended after this instant. */
  private Mark markAfter(long nanos, Future<?> work)
      throws InterruptedException, ExecutionException {
    while (true) {
      Optional<Mark> mark = tallies.get(0).mark;
      if (mark.isPresent() && mark.get().nanos() - nanos > 0) {
        return mark.get();
      }
      runFor(POLL_MILLIS, work);
    }
  }

  /** Ends the turn, with the batches in flight if it is of batches; one that is open stays so. */
  private void endTurn(Future<?> work) throws InterruptedException, ExecutionException {
    turn = new CompletableFuture<>();
    while (batch != ANY_SIZE && !(resting && handedOut - total() < batch)) {
      runFor(POLL_MILLIS, work);
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
