package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.model.loader.ModelHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that call the model, a {@link Scorer} for each batch in flight, and what only the
 * last of these threads may let go of: input columns, the subtask's Arrow memory and the model's
 * handle.
 *
 * <p>Calls begin in the order in which batches are submitted. Encoding and decoding fall to whoever
 * would wait otherwise: to the task thread while every worker calls the model, so that the model
 * waits for neither, and to the worker where the model has nothing else to do. Threads of their own
 * for both were tried and dropped: they took 36 microseconds to encode 512 records of 32 features,
 * the task thread, which has just made the records, takes 18.
 *
 * <p>Rejected as well, to wake the task thread less often: pauses of 50 microseconds in it made no
 * difference; a worker that brings back two batches at once where more wait for it was slower at
 * batches of 1 and 32 than one mail for each, as the queue ran dry meanwhile. A worker that waits
 * awake, as the task thread does, took the processor from the task thread that was to feed it.
 *
 * <p>A thread inside a call that hangs cannot be stopped. {@link #close} waits for it a bounded
 * time, then leaves it behind, counted; memory and handle are released by whichever thread ends
 * last, so that a late return of the call finds both still there.
 *
 * <p>Its methods are for the task thread, {@link Completions} excepted.
 */
final class Workers<T, R> {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
  private static final AtomicInteger ABANDONED = new AtomicInteger();

  private final List<Thread> threads = new ArrayList<>();
  private final int workers;
  private final List<Scorer<T, R>> scorers;
  private final ArrayDeque<Scorer<T, R>> free;
  // Never holds more than there are scorers. An array's queue has one lock for both ends: a worker
  // and the task thread would meet at it after every short call, and one of them would sleep.
  private final BlockingQueue<Scorer<T, R>> submitted = new LinkedBlockingQueue<>();
  // Batches whose turn with a worker has not ended.
  private final AtomicInteger unfinished = new AtomicInteger();
  private final AtomicInteger running;
  private final Completions<T, R> completions;
  private final BufferAllocator allocator;
  private final ModelHandle handle;
  private final String name;
  private volatile boolean stopped;
  private volatile @Nullable RuntimeException releaseFailure;

  /** Where a batch goes from a worker; called by that worker. */
  interface Completions<T, R> {
    /** To {@link Workers#finish}. */
    void called(Scorer<T, R> scorer);

    void failed(Batch<T, Object> batch, Throwable failure);
  }

  /**
   * Starts nothing yet.
   *
   * @param name of the threads, to be told apart in a thread dump
   * @param workers model calls at a time
   * @param scorers one for each batch that may be in flight
   * @param allocator closed by the last thread, and the handle after it
   */
  Workers(
      String name,
      int workers,
      List<Scorer<T, R>> scorers,
      BufferAllocator allocator,
      ModelHandle handle,
      Completions<T, R> completions) {
    this.name = name;
    this.workers = workers;
    this.scorers = List.copyOf(scorers);
    this.free = new ArrayDeque<>(scorers);
    this.running = new AtomicInteger(workers);
    this.allocator = allocator;
    this.handle = handle;
    this.completions = completions;
  }

  /** Starts the threads, daemons all of them. */
  void start(ClassLoader contextClassLoader) {
    for (int i = 0; i < workers; i++) {
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

  /**
   * Lets the model score a batch.
   *
   * @throws java.util.NoSuchElementException if as many are in flight as may be
   */
  void submit(Batch<T, Object> batch) {
    Scorer<T, R> scorer = free.pop();
    scorer.enter(batch);
    if (unfinished.getAndIncrement() >= workers) {
      scorer.encode(true);
    }
    submitted.add(scorer);
  }

  /** Makes what results are not made yet of a batch that a worker brought back. */
  ScoreReport finish(Scorer<T, R> scorer) {
    scorer.decode();
    free.push(scorer);
    return scorer.leave();
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
    try {
      while (!stopped) {
        work(submitted.take());
      }
    } catch (InterruptedException e) {
      // Only close() interrupts, and this thread ends here.
    } finally {
      release();
    }
  }

  // Worker.
  private void work(Scorer<T, R> scorer) {
    try {
      scorer.call();
      if (submitted.isEmpty()) {
        scorer.decode();
      }
      unfinished.getAndDecrement();
      completions.called(scorer);
    } catch (Throwable e) {
      completions.failed(scorer.batch(), e);
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
