package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.flink.util.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * Gives every record of a batch its outcome, in three steps that may run on different threads:
 * {@link #encode}, {@link #call}, {@link #decode}. It holds the batch, and its input and output
 * columns, from {@link #enter} to {@link #leave}.
 *
 * <p>After a call that throws or runs out of memory, {@link #search} calls the model in groups, as
 * {@link FaultSearch} says, until every record has been scored or stands alone with its failure.
 * Before it is blamed, the model has to score the sample that it was warmed up with, within this
 * scorer's memory, and the record is called once more: a model that fails there fails the task, and
 * a record that passes was not at fault.
 *
 * <p>A scorer's Arrow memory is its own, so that what fits does not depend on the batches beside.
 *
 * <p>Every group is encoded anew from row 0: slices of a column would not be aligned, so the engine
 * would copy them, and this is not the way of a healthy record.
 *
 * <p>Used by one thread at a time; whoever hands it over publishes it.
 */
final class Scorer<T, R> implements AutoCloseable, FaultSearch.Trials {
  private static final int INITIAL_ROWS = 64;
  private static final int[] NONE = {};
  // Between two of these an engine's threads are given way to while one encodes beside a call: an
  // operation is split over as many threads as there are processors and waits for the slowest. Not
  // within batches of some ten kilobytes, as whoever gives way may wait for a whole time slice.
  private static final long BYTES_PER_TURN = 128 << 10;

  private final ModelCalls calls;
  private final Step step;
  private final StepMemory memory;
  private final List<ColumnSpec> inputColumns;
  private final RecordEncoder<T> encoder;
  private final PredictionDecoder<T, R> decoder;
  private final boolean clears;
  private final boolean countsStrings;
  private final OutcomePolicy<T> policy;
  private final BufferAllocator allocator;
  private final StepSettings settings;
  private final NanoClock clock;
  private final FaultSearch search;
  private final int rowsPerTurnAhead;
  private @Nullable ColumnBatch inputs;
  private long encodeNanos;
  private long decodeNanos;
  private int rowsPerTurn = Integer.MAX_VALUE;

  // The batch between its steps.
  private @Nullable Batch<T, Object> current;
  private boolean encoded;
  private boolean searching;
  private @Nullable RuntimeException failure;
  // The batch's record that stands in each of the inputs' rows.
  private int[] rows = new int[INITIAL_ROWS];
  private int rowCount;
  private @Nullable ColumnBatch outputs;
  private boolean allFinite;
  // Calls that failed with each record in them; none where there is no element.
  private int[] failedCalls = NONE;

  /**
   * A scorer.
   *
   * @param allocator of this scorer alone, which closes it; its limit is what one batch may take
   */
  Scorer(
      ModelCalls calls,
      Codec<T, R> codec,
      BufferAllocator allocator,
      StepMemory memory,
      NanoClock clock) {
    this.calls = calls;
    this.step = memory.step();
    this.memory = memory;
    this.settings = memory.settings();
    this.inputColumns = memory.signature().inputColumns();
    this.rowsPerTurnAhead = rowsPerTurn(inputColumns);
    this.encoder = codec.encoder();
    this.decoder = codec.decoder();
    this.clears = !encoder.writesEveryElement();
    this.countsStrings =
        clears && inputColumns.stream().anyMatch(column -> column.type() == ElementType.STRING);
    this.policy = new OutcomePolicy<>(step, settings, decoder::unscored);
    this.allocator = allocator;
    this.clock = clock;
    this.search = new FaultSearch(settings.batching().maxSize());
  }

  private static int rowsPerTurn(List<ColumnSpec> columns) {
    long bytesPerRow = columns.stream().mapToLong(ColumnSpec::bytesPerRow).sum();
    return (int) Math.max(1, BYTES_PER_TURN / Math.max(1, bytesPerRow));
  }

  /** How records become columns and columns become results; one scorer's own copy. */
  record Codec<T, R>(RecordEncoder<T> encoder, PredictionDecoder<T, R> decoder) {}

  CallTimer callTimer() {
    return calls.timer();
  }

  /** Ends the search in a batch that nobody waits for any more. Any thread. */
  void stop() {
    calls.stop();
  }

  /** The batch that is in. */
  Batch<T, Object> batch() {
    return Objects.requireNonNull(current, "current batch");
  }

  /** Lets a batch in. */
  void enter(Batch<T, Object> next) {
    current = next;
    encoded = false;
    failure = null;
    searching = search.expectsFaults(next.size());
    calls.begin();
    encodeNanos = 0;
    decodeNanos = 0;
    rowCount = 0;
    failedCalls = NONE;
  }

  /**
   * The first step: writes the records into the input columns.
   *
   * @param ahead whether a call of the model runs beside, whose own threads then come first
   * @throws InferenceException if a policy says to fail
   */
  void encode(boolean ahead) {
    encoded = true;
    if (searching) {
      return; // Each group when its turn comes.
    }
    rowsPerTurn = ahead ? rowsPerTurnAhead : Integer.MAX_VALUE;
    try {
      encode(0, batch().size());
    } catch (OutOfMemoryException e) {
      failure = e;
    }
    rowsPerTurn = Integer.MAX_VALUE;
  }

  /** The first step, unless it is done already. */
  void encodeIfLeft() {
    if (!encoded) {
      encode(false);
    }
  }

  /**
   * The second step: calls the model, once; answers whether that was enough. It makes no call where
   * one has failed already, or is expected to.
   *
   * @throws InferenceException if the model, not a record, is at fault
   */
  boolean call() {
    if (failure != null || searching) {
      return false;
    }
    failure = callEncoded();
    if (failure != null) {
      return false;
    }
    search.passed(batch().size());
    return true;
  }

  /**
   * What follows a call that was not enough: as many as it takes to find the records at fault. On a
   * worker only, as nothing bounds its time.
   *
   * @throws InferenceException if the model, not a record, is at fault, or a policy says to fail
   */
  void search() {
    searching = true;
    RuntimeException first = failure;
    if (first != null && FaultSearch.isMemory(first)) {
      // The columns of the whole batch would take what a half of it needs.
      releaseInputs();
    }
    search.run(batch().size(), first, this);
  }

  /**
   * The last step, unless it is done already: makes the results.
   *
   * @throws InferenceException if a policy says to fail
   */
  void decode() {
    ColumnBatch present = outputs;
    outputs = null;
    if (present != null) {
      decode(present);
    }
  }

  /** Lets the batch go after its last step. */
  ScoreReport leave() {
    current = null;
    return new ScoreReport(
        encodeNanos,
        calls.nanos(),
        decodeNanos,
        calls.count(),
        searching ? search.sizeThatFits() : 0,
        calls.bytesIn(),
        calls.bytesOut());
  }

  @Override
  public @Nullable RuntimeException attempt(int from, int to) {
    RuntimeException failure;
    try {
      encode(from, to);
      failure = callEncoded();
    } catch (OutOfMemoryException e) {
      failure = e;
    }
    if (failure == null) {
      decode();
    } else if (FaultSearch.isMemory(failure)) {
      // Columns of the size that did not fit would leave no room for the outputs of a smaller one.
      releaseInputs();
    }
    return failure;
  }

  @Override
  public boolean isolated(int row, RuntimeException failure) {
    releaseInputs();
    calls.proveHealthy(failure);
    RuntimeException again = attempt(row, row + 1);
    if (again == null) {
      return false;
    }
    policy.deadLetter(
        batch(),
        row,
        FaultSearch.isMemory(again) ? DeadLetterCause.OUT_OF_MEMORY : DeadLetterCause.MODEL,
        problem(again),
        failedCalls(row));
    return true;
  }

  private String problem(RuntimeException failure) {
    return failure instanceof OutOfMemoryException
        ? "%s; the step's memory limit leaves a batch %d bytes"
            .formatted(failure, memory.batchBytes())
        : failure.toString();
  }

  /**
   * Calls the model with the rows that are encoded, and announces the outputs to the decoder;
   * answers why the call failed, or null.
   */
  private @Nullable RuntimeException callEncoded() {
    if (rowCount == 0) {
      return null;
    }
    ColumnBatch answered;
    try {
      answered = calls.call(inputs(rowCount), allocator);
    } catch (InferenceException e) {
      throw e;
    } catch (RuntimeException e) {
      countFailedCall();
      return e;
    } catch (OutOfMemoryError e) {
      countFailedCall();
      return ofDirectMemory(e);
    }
    begin(answered);
    return null;
  }

  private void countFailedCall() {
    if (failedCalls.length == 0) {
      failedCalls = new int[batch().size()];
    }
    for (int i = 0; i < rowCount; i++) {
      failedCalls[rows[i]]++;
    }
  }

  private int failedCalls(int row) {
    return failedCalls.length == 0 ? 0 : failedCalls[row];
  }

  /** The JVM's direct memory may end before Arrow's limit does; its heap must not. */
  private static OutOfMemoryException ofDirectMemory(OutOfMemoryError e) {
    String message = String.valueOf(e.getMessage());
    if (!message.contains("direct")) {
      throw e;
    }
    return new OutOfMemoryException(message, e);
  }

  /**
   * Encodes the records {@code [from, to)}, or in a search those that have no outcome yet.
   *
   * @throws OutOfMemoryException if that takes more memory than there is
   */
  private void encode(int from, int to) {
    long started = clock.nanos();
    try {
      ColumnBatch columns = inputs(to - from);
      callTimer().started(CallTimer.Work.ENCODE, to - from, clock.nanos());
      prepare(columns, to - from);
      if (!encodeTogether(columns)) {
        encode(columns, from, to);
      }
      requireRows(columns);
      columns.rows(rowCount);
    } catch (OutOfMemoryError e) {
      throw ofDirectMemory(e);
    } finally {
      callTimer().ended();
    }
    encodeNanos += clock.nanos() - started;
  }

  /** Proves that no score can be another record's. */
  private void requireRows(ColumnBatch columns) {
    try {
      columns.requireRows(rowCount);
    } catch (IllegalStateException e) {
      throw step.failure(String.valueOf(e.getMessage()), e);
    }
  }

  private void prepare(ColumnBatch columns, int count) {
    columns.reset();
    if (clears) {
      columns.clear(0, count);
    }
    if (rows.length < count) {
      rows = new int[Math.max(count, Math.min(2 * rows.length, settings.batching().maxSize()))];
    }
    rowCount = 0;
  }

  /** Encodes the whole batch at once; answers false if its records are to be taken one by one. */
  private boolean encodeTogether(ColumnBatch columns) {
    List<T> together = batch().together();
    if (together == null || searching) {
      return false;
    }
    int count = together.size();
    if (!encoder.encodeAll(together, columns)) {
      prepare(columns, count);
      return false;
    }
    Arrays.setAll(rows, row -> row);
    rowCount = count;
    return true;
  }

  private void encode(ColumnBatch columns, int from, int to) {
    Batch<T, Object> batch = batch();
    int left = rowsPerTurn;
    for (int row = from; row < to; row++) {
      if (searching && batch.hasOutcome(row)) {
        continue;
      }
      if (--left == 0) {
        giveWay();
        left = rowsPerTurn;
      }
      if (encode(batch, row, columns)) {
        rows[rowCount++] = row;
      } else if (clears) {
        columns.clear(rowCount, rowCount + 1);
      }
    }
  }

  /** Encodes a record into the next row; answers whether it is there, or has its outcome. */
  private boolean encode(Batch<T, Object> batch, int row, ColumnBatch columns) {
    try {
      if (encoder.encode(batch.record(row), columns, rowCount)) {
        if (countsStrings) {
          columns.requireRows(rowCount + 1);
        }
        return true;
      }
      columns.truncate(rowCount);
      policy.passUnscored(batch, row);
    } catch (InferenceException | OutOfMemoryException e) {
      throw e;
    } catch (UnfitRecordException e) {
      columns.truncate(rowCount);
      policy.unfit(batch, row, e);
    } catch (RuntimeException e) {
      columns.truncate(rowCount);
      policy.deadLetter(batch, row, DeadLetterCause.UNFIT, e.toString(), 0);
    }
    return false;
  }

  @SuppressWarnings("ThreadPriorityCheck") // Only a hint: where it does nothing, nothing is wrong.
  private static void giveWay() {
    Thread.yield();
  }

  /**
   * Memory for this many rows: what there is, or exactly as much, as more might not fit. It stays
   * as large as the largest batch so far, so that it soon stops growing.
   */
  private ColumnBatch inputs(int needed) {
    ColumnBatch present = inputs;
    if (present != null && present.capacity() >= needed) {
      return present;
    }
    releaseInputs();
    ColumnBatch allocated = ColumnBatch.allocate(allocator, inputColumns, needed);
    inputs = allocated;
    return allocated;
  }

  private void begin(ColumnBatch answered) {
    long started = clock.nanos();
    callTimer().started(CallTimer.Work.DECODE, rowCount, started);
    try {
      allFinite = settings.onNan() == OnNotFinite.KEEP || new FiniteCheck(answered).allRows();
      decoder.begin(answered);
      outputs = answered;
    } catch (RuntimeException e) {
      answered.close();
      for (int i = 0; i < rowCount; i++) {
        undecodable(rows[i], e);
      }
    } finally {
      callTimer().ended();
    }
    decodeNanos += clock.nanos() - started;
  }

  private void decode(ColumnBatch answered) {
    Batch<T, Object> batch = batch();
    long started = clock.nanos();
    callTimer().started(CallTimer.Work.DECODE, rowCount, started);
    try (answered) {
      boolean together = decodeTogether(batch);
      for (int i = 0; i < rowCount && !together; i++) {
        int row = rows[i];
        if (!allFinite && !new FiniteCheck(answered).row(i)) {
          policy.notFinite(batch, row, 1 + failedCalls(row));
          continue;
        }
        try {
          R result = decoder.decode(batch.record(row), answered, i);
          batch.outcome(row, Objects.requireNonNull(result, "result of the decoder"));
        } catch (RuntimeException e) {
          undecodable(row, e);
        }
      }
    } finally {
      callTimer().ended();
    }
    decodeNanos += clock.nanos() - started;
  }

  private boolean decodeTogether(Batch<T, Object> batch) {
    List<T> together = batch.together();
    if (together == null || searching || !allFinite || rowCount < batch.size()) {
      return false;
    }
    List<R> all = decoder.decodeAll(together);
    if (all == null) {
      return false;
    }
    batch.outcomesOfAll(all);
    return true;
  }

  private void undecodable(int row, RuntimeException e) {
    policy.deadLetter(batch(), row, DeadLetterCause.DECODE, e.toString(), 1 + failedCalls(row));
  }

  private void releaseInputs() {
    ColumnBatch present = inputs;
    inputs = null;
    if (present != null) {
      present.close();
    }
  }

  @Override
  public void close() throws Exception {
    IOUtils.closeAll(outputs, inputs, allocator);
  }
}
