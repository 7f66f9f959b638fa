package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.step.StepSettings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that call the model where the task thread does not, a {@link Scorer} for each batch
 * in flight, and what only the last of these threads may let go of: input columns, the subtask's
 * Arrow memory and the model's handle.
 *
 * <ul>
 *   <li>What is held is let go of once, when it is closed and the last thread has ended, all of it
 *       even if letting go of a part fails.
 *   <li>A thread ends when {@link #close} says so. One that ends earlier fails the task.
 *   <li>An interruption by anyone else, as users' code may leave one, ends nothing.
 * </ul>
 *
 * <p>The task thread makes a call itself where {@link CallPlace} says so and a worker is idle, to
 * whom falls what a failed call leaves to do, as nothing bounds it. Whether the task thread hangs
 * in what it does for a batch an {@link Alarms alarm} sees: every worker may hang as well, and the
 * timers that see to workers are the task thread's.
 *
 * <p>Calls begin in the order in which batches are submitted. Encoding and decoding fall to whoever
 * would wait otherwise: to the task thread while every worker calls the model, so that the model
 * waits for neither, and to the worker where the model has nothing else to do. Threads of their own
 * for both were tried and dropped: they took twice as long to encode as the task thread, which has
 * just made the records. Rejected as well: a worker that brings back two batches at once where more
 * wait for it, and whoever waits awake before it sleeps.
 *
 * <p>A thread inside a call that hangs, or in users' code, cannot be stopped. {@link #close} waits
 * for it a bounded time, or not at all where a call's time is over, then leaves it behind, counted;
 * memory and handle are released by whichever thread ends last, so that a late return of the call
 * finds both still there.
 *
 * <p>Its methods are for the task thread, or for one thread at a time under a lock where there is
 * none that owns the batches, {@link Completions} excepted.
 */
final class Workers<T, R> {
  private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
  private static final AtomicInteger ABANDONED = new AtomicInteger();
  private static final long LOOK_MILLIS = 10;

  private final List<Thread> threads = new ArrayList<>();
  private final int workers;
  private final long callNanos;
  private final List<Scorer<T, R>> scorers;
  private final CallPlace place;
  private final ArrayDeque<Scorer<T, R>> free;
  // Never holds more than there are scorers. An array's queue has one lock for both ends: a worker
  // and the task thread would meet at it after every short call, and one of them would sleep.
  private final BlockingQueue<Scorer<T, R>> submitted = new LinkedBlockingQueue<>();
  // Batches whose turn with a worker has not ended.
  private final AtomicInteger unfinished = new AtomicInteger();
  // The task thread too, until it closes.
  private final AtomicInteger running;
  private final Completions<T, R> completions;
  private final List<AutoCloseable> held;
  private final Alarms alarms;
  private final BooleanSupplier taskEnds;
  private final String name;
  private volatile boolean stopped;
  // What the task thread encodes, calls or decodes.
  private volatile @Nullable Scorer<T, R> here;
  private volatile @Nullable Exception releaseFailure;

  /** Where a batch goes from a worker; called by that worker. */
  interface Completions<T, R> {
    /** To {@link Workers#finish}. */
    void called(Scorer<T, R> scorer);

    void failed(Batch<T, Object> batch, Throwable failure);

    /** What the task thread does for a batch has taken too long. */
    void hangs(InferenceException failure);

    /** A worker, or what looks after the task thread, has ended though nobody closed it. */
    void ended(Throwable failure);
  }

  /**
   * Starts nothing yet.
   *
   * @param name of the threads, to be told apart in a thread dump
   * @param settings how many threads, and how long a call may take
   * @param scorers one for each batch that may be in flight
   * @param place of the calls
   * @param held what the last thread closes behind the scorers, in this order
   * @param alarms to be closed by this
   * @param taskEnds whether Flink ends the task, so that an interruption of its thread is Flink's
   */
  Workers(
      String name,
      StepSettings settings,
      List<Scorer<T, R>> scorers,
      CallPlace place,
      List<AutoCloseable> held,
      Alarms alarms,
      BooleanSupplier taskEnds,
      Completions<T, R> completions) {
    this.name = name;
    this.workers = settings.workers();
    this.callNanos = settings.timeouts().call().toNanos();
    this.scorers = List.copyOf(scorers);
    this.place = place;
    this.free = new ArrayDeque<>(scorers);
    this.running = new AtomicInteger(settings.workers() + 1);
    this.held = List.copyOf(held);
    this.alarms = alarms;
    this.taskEnds = taskEnds;
    this.completions = completions;
  }

  /** Starts the threads. If one does not start, those that did end again. */
  void start(ThreadFactory factory) {
    try {
      for (int i = 0; i < workers; i++) {
        Thread thread = factory.newThread(this::run);
        thread.setName(name + "-worker-" + i);
        thread.start();
        threads.add(thread);
      }
      watch();
    } catch (Throwable e) {
      stop();
      for (int i = threads.size(); i < workers; i++) {
        release();
      }
      throw e;
    }
  }

  private void stop() {
    stopped = true;
    alarms.close();
    scorers.forEach(Scorer::stop);
    threads.forEach(Thread::interrupt);
  }

  /** Threads of this process that were left behind inside a call. */
  static int abandoned() {
    return ABANDONED.get();
  }

  /** Those that have been started. */
  List<Thread> threads() {
    return threads;
  }

  /**
   * Whether a batch of so many records may be submitted now. Where the task thread makes the calls,
   * one waits until a worker is idle: handed over, it would keep them all busy, and the calls with
   * them for ever.
   */
  boolean hasRoom(int records) {
    return isIdle() || !place.isHere(records);
  }

  /** Whether a worker waits for a batch. */
  boolean isIdle() {
    return unfinished.get() < workers;
  }

  /**
   * Lets the model score a batch. Answers its scorer, for {@link #finish}, if this thread made the
   * call; null if a worker will bring it back.
   *
   * @throws java.util.NoSuchElementException if as many are in flight as may be
   * @throws InferenceException if the model, not a record, is at fault
   */
  @Nullable Scorer<T, R> submit(Batch<T, Object> batch) {
    Scorer<T, R> scorer = free.pop();
    scorer.enter(batch);
    int before = unfinished.get();
    boolean calls = before < workers && place.isHere(batch.size());
    if (calls || before >= workers) {
      here = scorer;
      try {
        scorer.encode(!calls);
        dropInterruption();
        if (calls && scorer.call()) {
          return scorer;
        }
      } finally {
        here = null;
      }
    }
    dropInterruption();
    add(scorer);
    return null;
  }

  /**
   * Lets a worker do all that a batch needs, for a caller that has no time for it. None of the
   * user's code runs here, so that an interruption of this thread is not touched.
   *
   * @throws java.util.NoSuchElementException if as many are in flight as may be
   */
  void hand(Batch<T, Object> batch) {
    Scorer<T, R> scorer = free.pop();
    scorer.enter(batch);
    add(scorer);
  }

  private void add(Scorer<T, R> scorer) {
    unfinished.getAndIncrement();
    submitted.add(scorer);
  }

  /** Makes what results are not made yet of a batch that a worker brought back. */
  ScoreReport finish(Scorer<T, R> scorer) {
    here = scorer;
    try {
      scorer.decode();
    } finally {
      here = null;
    }
    dropInterruption();
    free.push(scorer);
    return scorer.leave();
  }

  /**
   * Forgets an interruption that users' code has left behind: whatever blocks next, in a model's
   * call too, would fail. When task or workers end, it is kept.
   */
  private void dropInterruption() {
    if (Thread.interrupted() && (stopped || taskEnds.getAsBoolean())) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * How long until what is done for one of the batches may have taken too long.
   *
   * @throws InferenceException if one has
   */
  long callNanosLeft() {
    long least = Long.MAX_VALUE;
    for (Scorer<T, R> scorer : scorers) {
      least = Math.min(least, scorer.callTimer().nanosLeft());
    }
    return least;
  }

  // Worker.
  private void run() {
    try {
      while (!stopped) {
        take();
      }
    } catch (Throwable e) {
      completions.ended(e);
    } finally {
      release();
    }
  }

  // Worker.
  private void take() {
    try {
      work(submitted.take());
    } catch (InterruptedException e) {
      // Where close() interrupts it has said so before; anyone else means what is over.
    }
  }

  /** Looks after what the task thread does for a batch, until that hangs. */
  // The thread for deadlines.
  private void watch() {
    Scorer<T, R> watched = here;
    try {
      alarms.in(watched == null ? callNanos : watched.callTimer().nanosLeft(), this::watch);
    } catch (InferenceException e) {
      scorers.forEach(Scorer::stop);
      completions.hangs(e);
    } catch (Throwable e) {
      completions.ended(e);
    }
  }

  // Worker.
  private void work(Scorer<T, R> scorer) {
    // Behind its completion the scorer has let it go, or has the next one.
    Batch<T, Object> batch = scorer.batch();
    try {
      scorer.encodeIfLeft();
      dropInterruption();
      if (!scorer.call()) {
        scorer.search();
      }
      if (submitted.isEmpty()) {
        scorer.decode();
      }
      dropInterruption();
      unfinished.getAndDecrement();
      completions.called(scorer);
    } catch (Throwable e) {
      completions.failed(batch, e);
    }
  }

  private void release() {
    if (running.decrementAndGet() != 0) {
      return;
    }
    List<AutoCloseable> all = new ArrayList<>(scorers);
    all.addAll(held);
    try {
      IOUtils.closeAll(all);
    } catch (Exception e) {
      releaseFailure = e;
      LOG.error("{}: releasing the workers' memory or model failed", name, e);
    }
  }

  /**
   * Ends the threads, waiting at most {@code patienceMillis} for all of them together. Answers
   * whether they have ended, and what they held is let go of.
   *
   * @throws InferenceException if memory was still in use when the last thread ended
   */
  boolean close(long patienceMillis) {
    long overdue = scorers.stream().filter(scorer -> scorer.callTimer().isCallOverdue()).count();
    stop();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMillis);
    for (Thread thread : threads) {
      join(thread, overdue, deadline);
    }
    release();
    List<String> left = threads.stream().filter(Thread::isAlive).map(Thread::getName).toList();
    if (!left.isEmpty()) {
      int total = ABANDONED.addAndGet(left.size());
      LOG.warn(
          "{}: {} did not return from a model call, an encoder or a decoder; left behind, the model stays loaded until then"
              + " ({} such threads in this process)",
          name,
          left,
          total);
    }
    Exception failure = releaseFailure;
    if (failure != null) {
      throw new InferenceException(name + ": " + failure.getMessage(), failure);
    }
    return left.isEmpty();
  }

  private boolean moreAlive(long than) {
    return threads.stream().filter(Thread::isAlive).count() > than;
  }

  /** Waits for a thread, unless all that live may be those whose calls are overdue. */
  private void join(Thread thread, long overdue, long deadlineNanos) {
    boolean interrupted = false;
    while (thread.isAlive() && moreAlive(overdue)) {
      long millis = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
      if (millis <= 0) {
        break;
      }
      try {
        thread.join(overdue == 0 ? millis : Math.min(millis, LOOK_MILLIS));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
