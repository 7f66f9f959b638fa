package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.batch.Batcher;
import io.tidemill.inference.batch.CloseCause;
import io.tidemill.inference.batch.InFlight;
import io.tidemill.inference.batch.Mark;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.step.StepSettings;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.IOUtils;
import org.apache.flink.util.function.ThrowingRunnable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores records in batches, whatever the elements are in which the stream carries them.
 *
 * <p><b>Threads.</b> The task thread owns the batcher, the batches in flight, the timers and the
 * output, and encodes and decodes what {@link Workers} leaves to it. Workers own a batch from
 * {@code dispatch} to the one mail that brings it back. Nothing is shared between them but a queue
 * of batches and the mailbox.
 *
 * <p><b>Back-pressure.</b> A record that finds the open batch full and every slot taken waits in
 * {@code makeRoom} by yielding to the mailbox, which runs completions and timers; so every method
 * that a mail may call leaves the operator consistent before it yields or emits. There is no second
 * queue: memory is bounded by the slots and the open batch. It does not wait awake: where calls are
 * so short that being woken would matter, the task thread makes them itself.
 *
 * <p><b>Deadlines.</b> At most one timer is pending, and it never fires later than the open batch's
 * deadline: a batch that opens while one is pending was opened later than the one it was set for. A
 * timer that fires early for the batch it finds is set again for the rest. Flink's timers are
 * relative when they are set, so a jump of the wall clock moves none.
 *
 * <p><b>State.</b> See {@link InferenceState}. A checkpoint is taken between mails, when every
 * record is either in the open batch, in flight or emitted.
 *
 * @param <T> the record
 * @param <R> its result
 * @param <I> an element that comes
 * @param <O> an element that goes
 */
abstract class InferenceOperator<T, R, I, O> extends AbstractStreamOperator<O>
    implements OneInputStreamOperator<I, O>, BoundedOneInput {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(InferenceOperator.class);

  private final transient Scoring<T, R> scoring;
  private final transient Step step;
  private final transient StepSettings settings;
  private final transient MailboxExecutor mailbox;
  private final transient NanoClock clock;
  private final transient RecordEncoder<T> encoder;

  private final transient Batcher<T, Object> batcher;
  private final transient InFlight<T, Object> inFlight;
  private final transient boolean countsBytes;
  private final transient TypeSerializer<T> serializer;
  private final transient Emission<T, R> emission;
  private final transient CallPlace callPlace;
  private final transient SingleTimer deadlineTimer;
  private final transient SingleTimer callTimer;

  private transient @Nullable InferenceState<T> state;
  private transient SizeLimit sizeLimit;
  private transient @Nullable Crew<T, R> crew;
  private final transient InferenceMetrics stepMetrics;
  private final transient BatchSpans spans;

  /**
   * An operator.
   *
   * @param serializer of records, for the state
   * @param outlet of results, made of the operator's output
   */
  InferenceOperator(
      StreamOperatorParameters<O> parameters,
      StepParts<T, R> parts,
      Function<ClassLoader, TypeSerializer<T>> serializer,
      Function<Output<StreamRecord<O>>, Outlet<R>> outlet) {
    super(parameters);
    this.scoring = parts.scoring();
    this.step = scoring.step();
    this.settings = scoring.settings();
    this.mailbox = parameters.getMailboxExecutor();
    this.clock = parts.clock();
    this.callPlace =
        parts
            .places()
            .choose(
                settings.timeouts().shortCall(), ProcessorUse.of(clock, () -> running().threads()));
    this.encoder = scoring.encoder();
    this.batcher = new Batcher<>(settings.batching());
    this.inFlight = new InFlight<>(settings.batching().maxInFlight(), settings.order());
    this.countsBytes = settings.batching().maxBytes() < Long.MAX_VALUE;
    this.serializer = serializer.apply(getUserCodeClassloader());
    this.sizeLimit = new SizeLimit(settings.batching().maxSize(), settings.batching().maxSize());
    this.stepMetrics = new InferenceMetrics(getMetricGroup(), step, settings.batching().maxSize());
    this.spans = new BatchSpans(stepMetrics.group(), step, settings.traceEvery(), clock);
    this.emission =
        new Emission<>(
            output,
            outlet.apply(output),
            parts.deadLetterTag(),
            batcher,
            stepMetrics,
            new DeadStreak(step, settings));
    this.deadlineTimer = new SingleTimer(getProcessingTimeService(), this::deadlineTimerFired);
    this.callTimer = new SingleTimer(getProcessingTimeService(), this::callTimerFired);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    state = new InferenceState<>(context.getOperatorStateStore(), serializer);
  }

  @Override
  public void open() throws Exception {
    super.open();
    hireCrew();
    InferenceState<T> restored = state;
    if (restored != null) {
      int maxSize = settings.batching().maxSize();
      sizeLimit = new SizeLimit(maxSize, restored.restoredSizeLimit(maxSize));
      batcher.sizeLimit(sizeLimit.limit());
      for (StreamRecord<T> record : restored.restoredRecords()) {
        accept(record.getValue(), record.getTimestamp());
      }
    }
  }

  private void hireCrew() throws Exception {
    Crew.Subtask subtask =
        new Crew.Subtask(
            getRuntimeContext().getTaskInfo().getIndexOfThisSubtask(),
            getRuntimeContext().getExternalResourceInfos(Crew.GPU),
            getUserCodeClassloader());
    Crew<T, R> hired =
        Crew.hire(scoring, clock, subtask, callPlace, getContainingTask()::isCanceled, new Mails());
    crew = hired;
    stepMetrics.watch(inFlight::size, batcher::sizeLimit, hired::arrowBytes);
    hired.gpu().ifPresent(use -> stepMetrics.watch(use, settings.workers()));
  }

  /** Brings a worker's results to the task thread: one mail per batch. */
  private final class Mails implements Workers.Completions<T, R> {
    @Override
    public void called(Scorer<T, R> scorer) {
      post(() -> complete(scorer));
    }

    @Override
    public void failed(Batch<T, Object> batch, Throwable failure) {
      post(
          () -> {
            throw step.failureOf(batch, failure);
          });
    }

    @Override
    public void hangs(InferenceException failure) {
      // The mailbox stands still meanwhile.
      getContainingTask().getEnvironment().failExternally(failure);
    }

    @Override
    public void ended(Throwable failure) {
      post(
          () -> {
            throw step.failure("a thread of the step has ended: " + failure, failure);
          });
    }

    private void post(ThrowingRunnable<Exception> mail) {
      try {
        mailbox.execute(mail, "scored batch of step %s", step.id());
      } catch (RejectedExecutionException e) {
        // The task has ended; its records are in the last checkpoint.
        LOG.debug("step '{}': a result came after the task had ended", step.id());
      }
    }
  }

  /** Of the records. */
  final TypeSerializer<T> serializer() {
    return serializer;
  }

  /** Takes in a record that nobody changes any more. */
  final void accept(T record, long timestamp) throws InterruptedException {
    long bytes = 0;
    if (countsBytes) {
      try {
        bytes = encoder.bytes(record);
      } catch (RuntimeException e) {
        refuse(record, timestamp, DeadLetterCause.UNFIT, e.toString());
        return;
      }
    }
    if (!batcher.fits(bytes)) {
      if (!batcher.admits(bytes)) {
        String message =
            "record: %d bytes (expected: <= max-bytes, %d)"
                .formatted(bytes, settings.batching().maxBytes());
        refuse(record, timestamp, DeadLetterCause.TOO_LARGE, message);
        return;
      }
      makeRoom(bytes);
    }
    if (batcher.isEmpty()) {
      long now = clock.nanos();
      batcher.add(record, timestamp, bytes, now);
      dispatchIfDue(now);
      if (!batcher.isEmpty()) {
        deadlineTimer.arm(batcher.nanosUntilDeadline(now));
      }
    } else {
      batcher.add(record, timestamp, bytes, 0);
      if (batcher.isFull() && mayDispatch()) {
        dispatch(full(), clock.nanos());
      }
    }
  }

  /** Takes in records that came together, which wait for no others. */
  final void acceptTogether(List<T> records, long timestamp) throws InterruptedException {
    if (countsBytes) {
      for (T record : records) {
        accept(record, timestamp);
      }
      return;
    }
    int from = 0;
    while (from < records.size()) {
      int to = Math.min(records.size(), from + batcher.sizeLimit());
      if (!batcher.isEmpty() || !inFlight.hasFreeSlot() || !running().hasRoom(to - from)) {
        awaitTurn();
      } else {
        dispatch(batcher.together(records.subList(from, to), timestamp, clock.nanos()));
        from = to;
      }
    }
  }

  /** Lets restored records go first, or waits for what keeps a batch from its turn. */
  private void awaitTurn() throws InterruptedException {
    if (!batcher.isEmpty() && mayDispatch()) {
      dispatch(full(), clock.nanos());
      return;
    }
    long started = clock.nanos();
    mailbox.yield();
    stepMetrics.backPressured(clock.nanos() - started);
  }

  private CloseCause full() {
    CloseCause cause = batcher.fullCause();
    return cause != null ? cause : CloseCause.BYTES;
  }

  /** Waits until the open batch takes a record of this size. */
  private void makeRoom(long bytes) throws InterruptedException {
    if (mayDispatch()) {
      dispatch(full(), clock.nanos());
      return;
    }
    long started = clock.nanos();
    while (!batcher.fits(bytes)) {
      if (mayDispatch()) {
        dispatch(full(), clock.nanos());
      } else {
        mailbox.yield();
      }
    }
    stepMetrics.backPressured(clock.nanos() - started);
  }

  private boolean mayDispatch() {
    return inFlight.hasFreeSlot() && running().hasRoom(batcher.open().size());
  }

  private void dispatchIfDue(long nowNanos) {
    if (mayDispatch()) {
      CloseCause cause = batcher.due(nowNanos);
      if (cause != null) {
        dispatch(cause, nowNanos);
      }
    }
  }

  private void dispatch(CloseCause cause, long nowNanos) {
    dispatch(batcher.close(cause, nowNanos));
  }

  private void dispatch(Batch<T, Object> batch) {
    inFlight.add(batch);
    stepMetrics.closed(batch);
    Scorer<T, R> called;
    try {
      called = running().submit(batch);
    } catch (RuntimeException | Error e) {
      throw step.failureOf(batch, e);
    }
    if (called == null) {
      callTimer.arm(settings.timeouts().call().toNanos());
    } else {
      stepMetrics.calledHere();
      complete(called);
    }
  }

  private Workers<T, R> running() {
    Crew<T, R> present = crew;
    if (present == null) {
      throw new IllegalStateException("step '" + step.id() + "': not open");
    }
    return present.workers();
  }

  /** Takes a batch back that was called. */
  private void complete(Scorer<T, R> scorer) {
    Batch<T, Object> batch = scorer.batch();
    int batchSize = batch.size();
    ScoreReport report;
    try {
      report = running().finish(scorer);
    } catch (RuntimeException | Error e) {
      throw step.failureOf(batch, e);
    }
    stepMetrics.scored(report);
    spans.scored(batch, report);
    if (sizeLimit.scored(batchSize, report)) {
      batcher.sizeLimit(sizeLimit.limit());
    }
    inFlight.complete(batch);
    inFlight.drain(emission);
    long now = clock.nanos();
    if (report.calls() > 0) {
      callPlace.scored(batchSize, report.modelNanos() / report.calls(), now);
    }
    dispatchIfDue(now);
  }

  /** Turns away a record that can enter no batch. */
  private void refuse(T record, long timestamp, DeadLetterCause cause, String message) {
    boolean alone = batcher.isEmpty() && inFlight.isEmpty();
    emission.refused(step.deadLetter(record, cause, message, 0, 0), timestamp, alone);
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    hold(new WatermarkMark(mark));
  }

  @Override
  public void processWatermarkStatus(WatermarkStatus watermarkStatus) throws Exception {
    hold(new StatusMark(watermarkStatus));
  }

  /** Emits a mark behind every record that came before it. */
  private void hold(Mark mark) {
    if (!batcher.isEmpty()) {
      batcher.mark(mark);
    } else if (!inFlight.isEmpty()) {
      inFlight.mark(mark);
    } else {
      emission.emit(mark);
    }
  }

  private void deadlineTimerFired() {
    if (batcher.isEmpty()) {
      return;
    }
    long now = clock.nanos();
    dispatchIfDue(now);
    // An overdue batch that found no slot is dispatched by the completion that frees one.
    if (!batcher.isEmpty() && batcher.due(now) == null) {
      deadlineTimer.arm(batcher.nanosUntilDeadline(now));
    }
  }

  private void callTimerFired() {
    if (!inFlight.isEmpty()) {
      callTimer.arm(running().callNanosLeft());
    }
  }

  @Override
  public void endInput() throws Exception {
    while (!batcher.isEmpty() || !inFlight.isEmpty()) {
      if (!batcher.isEmpty() && mayDispatch()) {
        CloseCause full = batcher.fullCause();
        dispatch(full != null ? full : CloseCause.END_OF_INPUT, clock.nanos());
      } else {
        mailbox.yield();
      }
    }
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    InferenceState<T> present = state;
    if (present == null) {
      throw new IllegalStateException("step '" + step.id() + "': state not initialized");
    }
    present.write(batcher, inFlight, sizeLimit.learned());
  }

  @Override
  public void close() throws Exception {
    Crew<T, R> present = crew;
    crew = null;
    try {
      IOUtils.closeAll(present, spans);
    } finally {
      super.close();
    }
  }
}
