package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.model.loader.ModelHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that score batches, and what only they may let go of: their input columns, the
 * subtask's Arrow memory and the model's handle.
 *
 * <p>A thread inside a call that hangs cannot be stopped. {@link #close} waits for it a bounded
 * time, then leaves it behind, counted; memory and handle are released by whichever thread ends
 * last, so that a late return of the call finds both still there.
 *
 * <p>{@link #submit}, {@link #longestCallNanos} and {@link #close} are for the task thread.
 */
final class Workers<T, R> {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
  private static final AtomicInteger ABANDONED = new AtomicInteger();

  private final Lanes<T, R> lanes;
  private final List<Thread> threads = new ArrayList<>();
  private final List<Scorer<T, R>> scorers;
  private final AtomicInteger running;
  private final Completions<T> completions;
  private final BufferAllocator allocator;
  private final ModelHandle handle;
  private final String name;
  private volatile boolean stopped;
  private volatile @Nullable RuntimeException releaseFailure;

  /** Where a scored batch goes; called by a worker. */
  interface Completions<T> {
    void scored(Batch<T, Object> batch, ScoreReport report);

    void failed(Batch<T, Object> batch, Throwable failure);
  }

  /**
   * Starts nothing yet.
   *
   * @param name of the threads, to be told apart in a thread dump
   * @param scorers one for each thread
   * @param callLimit model calls at a time; a thread more than that encodes and decodes beside them
   * @param allocator closed by the last thread, and the handle after it
   */
  Workers(
      String name,
      List<Scorer<T, R>> scorers,
      int callLimit,
      BufferAllocator allocator,
      ModelHandle handle,
      Completions<T> completions) {
    this.name = name;
    this.scorers = List.copyOf(scorers);
    this.lanes = new Lanes<>(scorers.stream().map(Lane::new).toList(), callLimit);
    this.running = new AtomicInteger(scorers.size());
    this.allocator = allocator;
    this.handle = handle;
    this.completions = completions;
  }

  /** Starts the threads, daemons all of them. */
  void start(ClassLoader contextClassLoader) {
    for (int i = 0; i < scorers.size(); i++) {
      Thread thread = new Thread(this::run, name + "-worker-" + i);
      thread.setDaemon(true);
      thread.setContextClassLoader(contextClassLoader);
      threads.add(thread);
      thread.start();
    }
  }

  /** Threads of this process that were left behind inside a call. */
  static int abandoned() {
    return ABANDONED.get();
  }

  void submit(Batch<T, Object> batch) {
    lanes.submit(batch);
  }

  /** How long the longest of the present model calls has taken. */
  long longestCallNanos(long nowNanos) {
    long longest = 0;
    for (Scorer<T, R> scorer : scorers) {
      longest = Math.max(longest, scorer.callTimer().elapsedNanos(nowNanos));
    }
    return longest;
  }

  /** Rows of the longest of the present model calls. */
  int longestCallRows(long nowNanos) {
    long longest = -1;
    int rows = 0;
    for (Scorer<T, R> scorer : scorers) {
      long elapsed = scorer.callTimer().elapsedNanos(nowNanos);
      if (elapsed > longest) {
        longest = elapsed;
        rows = scorer.callTimer().rows();
      }
    }
    return rows;
  }

  // Worker.
  private void run() {
    Lane<T, R> lane = null;
    try {
      while (!stopped) {
        lane = lanes.next(lane);
        lane.work(completions);
      }
    } catch (InterruptedException e) {
      // Only close() interrupts, and this thread ends here.
    } finally {
      release();
    }
  }

  // Worker.
  private void release() {
    if (running.decrementAndGet() > 0) {
      return;
    }
    try (handle;
        allocator) {
      scorers.forEach(Scorer::close);
    } catch (RuntimeException e) {
      releaseFailure = e;
      LOG.error("{}: releasing the workers' memory or model failed", name, e);
    }
  }

  /**
   * Ends the threads, waiting at most {@code patienceMillis} for all of them together.
   *
   * @throws InferenceException if memory was still in use when the last thread ended
   */
  void close(long patienceMillis) {
    stopped = true;
    threads.forEach(Thread::interrupt);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    for (Thread thread : threads) {
      join(thread, deadline);
    }
    List<String> left = threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    if (!left.isEmpty()) {
      int total = ABANDONED.addAndGet(left.size());
      LOG.warn(
          "{}: {} did not return from a model call; left behind, the model stays loaded until then"
              + " ({} such threads in this process)",
          name,
          left,
          total);
    }
    RuntimeException failure = releaseFailure;
    if (failure != null) {
      throw new InferenceException(name + ": " + failure.getMessage(), failure);
    }
  }

  private static void join(Thread thread, long deadlineNanos) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
      if (millis <= 0) {
        break;
      }
      try {
        thread.join(millis);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
