package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.CallersRoom;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.step.StepSettings;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.flink.api.common.externalresource.ExternalResourceInfo;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * Scores records in batches for a caller that wants a future for each, as Flink's asynchronous
 * functions do: there is no mailbox, no timer and no end of input, and state, order and watermarks
 * are the caller's.
 *
 * <p><b>Threads.</b> One lock guards the batcher, what is in flight, metrics and limits. It is
 * never held in the encoder, nor in a call of the model, nor while a future completes: all of that
 * is the workers', so that callers wait for none of it, and may be interrupted at any time. The
 * process's one thread for deadlines closes batches that have waited, but only for a worker that is
 * idle: else the worker that ends next does, and the batch grows meanwhile.
 *
 * <p><b>Batches</b> close by size, bytes and deadline as the operator's do, and besides when as
 * many records wait as the caller lets wait, see {@link CallersRoom}.
 *
 * <p><b>Back-pressure.</b> A record that finds the open batch full and every slot taken blocks
 * {@link #score}, whose caller is to be one that may be blocked: the task thread.
 *
 * <p>Thread-safe.
 *
 * @param <T> the record
 * @param <R> its result
 */
public final class AsyncStep<T, R> implements AutoCloseable {
  /** The group of external resources that GPUs are in. */
  public static final String GPU = Crew.GPU;

  private final Scoring<T, R> scoring;
  private final Step step;
  private final StepSettings settings;
  private final Function<DeadLetter<T>, R> ofDeadLetter;
  private final NanoClock clock;
  private final boolean countsBytes;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final ReentrantLock sizing = new ReentrantLock();

  // Under the lock.
  private final Batcher<T, Object> batcher;
  private final CallersRoom callers = new CallersRoom();
  private final IdentityHashMap<Batch<T, Object>, List<CompletableFuture<R>>> inFlight =
      new IdentityHashMap<>();
  private final DeadStreak streak;
  private final SizeLimit sizeLimit;
  private final InferenceMetrics metrics;
  private final BatchSpans spans;
  private List<CompletableFuture<R>> open = new ArrayList<>();
  private int waiting;
  private boolean deadlineSet;
  private boolean callLimitSet;

  // Written under the lock.
  private volatile @Nullable Throwable failure;

  private @Nullable Alarms alarms;
  private @Nullable Crew<T, R> crew;

  /**
   * Where it runs.
   *
   * @param subtask from 0
   * @param gpus of the TaskManager
   * @param metrics that it adds its own to
   * @param loader of users' classes
   */
  public record Place(
      int subtask, Iterable<ExternalResourceInfo> gpus, MetricGroup metrics, ClassLoader loader) {}

  /** What a record counts, or why it cannot be told. */
  private record Size(long bytes, @Nullable String unfit) {
    static final Size NONE = new Size(0, null);
  }

  /** What is to be said of a batch's records. */
  private record Answered<R>(List<CompletableFuture<R>> answers, List<Object> outcomes) {}

  private AsyncStep(
      Scoring<T, R> scoring,
      Place place,
      Function<DeadLetter<T>, R> ofDeadLetter,
      NanoClock clock) {
    this.clock = clock;
    this.scoring = scoring;
    this.step = scoring.step();
    this.settings = scoring.settings();
    this.ofDeadLetter = ofDeadLetter;
    int maxSize = settings.batching().maxSize();
    this.countsBytes = settings.batching().maxBytes() < Long.MAX_VALUE;
    this.batcher = new Batcher<>(settings.batching());
    this.streak = new DeadStreak(step, settings);
    this.sizeLimit = new SizeLimit(maxSize, maxSize);
    this.metrics = new InferenceMetrics(place.metrics(), step, maxSize);
    this.spans = new BatchSpans(metrics.group(), step, settings.traceEvery(), clock);
  }

  /**
   * Loads the model. Blocks while it is fetched and loaded.
   *
   * @param ofDeadLetter what becomes of a record that cannot be scored: its result, or an exception
   *     that its future fails with. Called by any thread
   * @throws io.tidemill.model.ModelException if the model cannot be had
   * @throws InferenceException if the step's memory cannot be enough
   */
  public static <T, R> AsyncStep<T, R> open(
      Scoring<T, R> scoring, Place place, Function<DeadLetter<T>, R> ofDeadLetter)
      throws Exception {
    return open(scoring, place, ofDeadLetter, NanoClock.SYSTEM);
  }

  static <T, R> AsyncStep<T, R> open(
      Scoring<T, R> scoring, Place place, Function<DeadLetter<T>, R> ofDeadLetter, NanoClock clock)
      throws Exception {
    AsyncStep<T, R> step = new AsyncStep<>(scoring, place, ofDeadLetter, clock);
    step.hire(place);
    return step;
  }

  private void hire(Place place) throws Exception {
    Crew.Subtask subtask = new Crew.Subtask(place.subtask(), place.gpus(), place.loader());
    Alarms held = Alarms.hold();
    Crew<T, R> hired = null;
    try {
      // Without the lock, which workers may wait for.
      hired =
          Crew.hire(
              scoring, clock, subtask, CallPlace.WORKERS, () -> failure != null, new Answers());
      metrics.watch(inFlight::size, batcher::sizeLimit, hired::arrowBytes);
      hired.gpu().ifPresent(use -> metrics.watch(use, settings.workers()));
    } catch (Throwable e) {
      IOUtils.closeAllQuietly(hired, held);
      throw e;
    }
    lock.lock();
    try {
      crew = hired;
      alarms = held;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes in a record that nobody changes any more. Blocks while every slot is taken.
   *
   * @return the record's result; it fails if the step cannot go on, or as {@code ofDeadLetter} says
   * @throws InterruptedException if the caller is interrupted while it waits
   */
  public CompletableFuture<R> score(T record) throws InterruptedException {
    CompletableFuture<R> answer = new CompletableFuture<>();
    DeadLetter<T> refused = null;
    try {
      Size size = sizeOf(record);
      lock.lockInterruptibly();
      try {
        refused = accept(record, size, answer);
      } finally {
        lock.unlock();
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
    Throwable ended = failure;
    if (ended != null) {
      answer.completeExceptionally(ended);
    } else if (refused != null) {
      answer(answer, refused);
    }
    return answer;
  }

  private Size sizeOf(T record) throws InterruptedException {
    if (!countsBytes) {
      return Size.NONE;
    }
    // An encoder is one thread's at a time, but nobody else waits for this one.
    sizing.lockInterruptibly();
    try {
      return new Size(scoring.encoder().bytes(record), null);
    } catch (RuntimeException e) {
      return new Size(0, e.toString());
    } finally {
      sizing.unlock();
    }
  }

  /** Answers the dead letter that a record is at once, if it can enter no batch. Under the lock. */
  private @Nullable DeadLetter<T> accept(T record, Size size, CompletableFuture<R> answer)
      throws InterruptedException {
    if (size.unfit() != null) {
      return refused(record, DeadLetterCause.UNFIT, size.unfit());
    }
    long bytes = size.bytes();
    if (countsBytes && !batcher.admits(bytes)) {
      return refused(
          record,
          DeadLetterCause.TOO_LARGE,
          "record: %d bytes (expected: <= max-bytes, %d)"
              .formatted(bytes, settings.batching().maxBytes()));
    }
    makeRoom(bytes);
    if (failure != null) {
      return null; // It fails with it.
    }
    long now = batcher.isEmpty() ? clock.nanos() : 0;
    boolean first = batcher.isEmpty();
    batcher.add(record, Batch.NO_TIMESTAMP, bytes, now);
    open.add(answer);
    waiting++;
    callers.waiting(waiting);
    if (batcher.isFull() || first || callers.isFull(waiting)) {
      dispatchIfDue(first ? now : clock.nanos());
    }
    if (first && !batcher.isEmpty()) {
      setDeadline(batcher.nanosUntilDeadline(now));
    }
    return null;
  }

  private DeadLetter<T> refused(T record, DeadLetterCause cause, String message) {
    DeadLetter<T> letter = step.deadLetter(record, cause, message, 0, 0);
    metrics.deadLetter(cause);
    if (waiting == 0) {
      streak.deadLetter(letter);
      streak.batchLeft();
    }
    return letter;
  }

  private void makeRoom(long bytes) throws InterruptedException {
    if (batcher.fits(bytes)) {
      return;
    }
    long started = clock.nanos();
    while (failure == null && !batcher.fits(bytes)) {
      if (hasFreeSlot()) {
        CloseCause full = batcher.fullCause();
        dispatch(full != null ? full : CloseCause.BYTES, clock.nanos());
      } else {
        room.await();
      }
    }
    metrics.backPressured(clock.nanos() - started);
  }

  private boolean hasFreeSlot() {
    return inFlight.size() < settings.batching().maxInFlight();
  }

  private void dispatchIfDue(long nowNanos) {
    if (failure != null || !hasFreeSlot()) {
      return;
    }
    CloseCause cause = batcher.due(nowNanos);
    if (cause == null && !batcher.isEmpty() && inFlight.isEmpty() && callers.isFull(waiting)) {
      cause = CloseCause.ALL_WAITING;
    }
    if (cause != null) {
      dispatch(cause, nowNanos);
    }
  }

  private void dispatch(CloseCause cause, long nowNanos) {
    Crew<T, R> present = crew;
    if (present == null) {
      return;
    }
    Batch<T, Object> batch = batcher.close(cause, nowNanos);
    inFlight.put(batch, open);
    open = new ArrayList<>(batch.size());
    metrics.closed(batch);
    present.workers().hand(batch);
    setCallLimit(settings.timeouts().call().toNanos());
  }

  // At most one is set, and never for later than the open batch's deadline: a batch that opens
  // while one is set was opened later than the one that it was set for.
  private void setDeadline(long nanos) {
    Alarms present = alarms;
    if (!deadlineSet && present != null) {
      deadlineSet = true;
      present.in(nanos, this::deadline);
    }
  }

  // The thread for deadlines.
  private void deadline() {
    underLock(
        () -> {
          deadlineSet = false;
          Crew<T, R> present = crew;
          if (batcher.isEmpty() || present == null) {
            return;
          }
          long now = clock.nanos();
          long left = batcher.nanosUntilDeadline(now);
          if (left > 0) {
            setDeadline(left);
            return;
          }
          if (inFlight.isEmpty()) {
            callers.waitedFor(waiting);
          }
          if (present.workers().isIdle()) {
            dispatchIfDue(now);
          }
        });
  }

  private void underLock(Runnable action) {
    try {
      lock.lock();
      try {
        action.run();
      } finally {
        lock.unlock();
      }
    } catch (RuntimeException | Error e) {
      fail(e);
    }
  }

  private void setCallLimit(long nanos) {
    Alarms present = alarms;
    if (!callLimitSet && present != null) {
      callLimitSet = true;
      present.in(nanos, this::callLimit);
    }
  }

  // The thread for deadlines.
  private void callLimit() {
    underLock(
        () -> {
          callLimitSet = false;
          Crew<T, R> present = crew;
          if (!inFlight.isEmpty() && present != null) {
            setCallLimit(present.workers().callNanosLeft());
          }
        });
  }

  /** What workers bring back. */
  private final class Answers implements Workers.Completions<T, R> {
    @Override
    public void called(Scorer<T, R> scorer) {
      scorer.decode();
      List<Answered<R>> answered = new ArrayList<>(1);
      underLock(() -> answered.addAll(leave(scorer)));
      underLock(
          () -> {
            dispatchIfDue(clock.nanos());
            room.signalAll();
          });
      for (Answered<R> batch : answered) {
        for (int row = 0; row < batch.outcomes().size(); row++) {
          answer(batch.answers().get(row), batch.outcomes().get(row));
        }
      }
    }

    @Override
    public void failed(Batch<T, Object> batch, Throwable cause) {
      fail(step.failureOf(batch, cause));
    }

    @Override
    public void hangs(InferenceException cause) {
      fail(cause);
    }

    @Override
    public void ended(Throwable cause) {
      fail(step.failure("a thread of the step has ended: " + cause, cause));
    }
  }

  /** Lets a batch go that has been scored; answers nothing if the step has failed meanwhile. */
  private List<Answered<R>> leave(Scorer<T, R> scorer) {
    Crew<T, R> present = crew;
    Batch<T, Object> batch = scorer.batch();
    List<CompletableFuture<R>> answers = inFlight.get(batch);
    if (present == null || answers == null) {
      return List.of();
    }
    ScoreReport report = present.workers().finish(scorer);
    metrics.scored(report);
    spans.scored(batch, report);
    int size = batch.size();
    List<Object> outcomes = new ArrayList<>(size);
    boolean scored = false;
    for (int row = 0; row < size; row++) {
      Object outcome = batch.outcome(row);
      outcomes.add(outcome);
      if (outcome instanceof DeadLetter<?> letter) {
        metrics.deadLetter(letter.cause());
        streak.deadLetter(letter);
      } else {
        scored = true;
      }
    }
    if (scored) {
      streak.result();
    }
    streak.batchLeft();
    if (sizeLimit.scored(size, report)) {
      batcher.sizeLimit(sizeLimit.limit());
    }
    inFlight.remove(batch);
    waiting -= size;
    batcher.recycle(batch);
    return List.of(new Answered<>(answers, outcomes));
  }

  // Outcomes are dead letters or results: only Scorer and its OutcomePolicy set them.
  @SuppressWarnings("unchecked")
  private void answer(CompletableFuture<R> answer, Object outcome) {
    try {
      answer.complete(
          outcome instanceof DeadLetter<?> letter
              ? ofDeadLetter.apply((DeadLetter<T>) letter)
              : (R) outcome);
    } catch (Throwable e) {
      // An Error too: it is the caller's word, and the answers behind this one are still to come.
      answer.completeExceptionally(e);
    }
  }

  /** Fails all that wait, and all that come. */
  private void fail(Throwable cause) {
    List<CompletableFuture<R>> answers = new ArrayList<>();
    lock.lock();
    try {
      if (failure == null) {
        failure = cause;
      }
      inFlight.values().forEach(answers::addAll);
      inFlight.clear();
      answers.addAll(open);
      open.clear();
      room.signalAll();
    } finally {
      lock.unlock();
    }
    answers.forEach(answer -> answer.completeExceptionally(cause));
  }

  /**
   * Ends the workers, who let go of the model. What waits is never answered, as after the end of a
   * task.
   *
   * @throws InferenceException if memory was still in use when the last of them ended
   */
  @Override
  public void close() throws Exception {
    Crew<T, R> present;
    lock.lock();
    try {
      if (failure == null) {
        failure = step.failure("the task has ended", null);
      }
      // A worker may yet fail what it is interrupted in, and all that wait with it.
      inFlight.clear();
      open.clear();
      present = crew;
      crew = null;
      room.signalAll();
    } finally {
      lock.unlock();
    }
    // Without the lock, which workers may wait for.
    IOUtils.closeAll(present, alarms, spans);
  }
}
