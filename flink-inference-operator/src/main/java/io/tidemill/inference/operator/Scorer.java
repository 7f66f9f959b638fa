package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.DeadLetter;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.operator.InferenceSettings.OnNotFinite;
import io.tidemill.inference.operator.InferenceSettings.OnNullInput;
import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.loader.WarmUp;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Gives every record of a batch its outcome: encode, call the model, decode.
 *
 * <p>A call that throws is halved until the record at fault stands alone. Two calls per level make
 * at most 2·⌈log2 n⌉ further calls for each record at fault, wherever it stands. Before the first
 * record of a batch is blamed, the model has to score its own warm-up sample; if it cannot, the
 * batch has no outcome and the task fails. A call that runs out of memory is halved as well, and
 * the report says what fitted.
 *
 * <p>Every half is encoded anew from row 0: slices of a column would not be aligned, so the engine
 * would copy them, and this is not the way of a healthy record.
 *
 * <p>Belongs to one worker thread.
 */
final class Scorer<T, R> implements AutoCloseable {
  private static final int INITIAL_ROWS = 64;

  private final Model model;
  private final List<ColumnSpec> inputColumns;
  private final RecordEncoder<T> encoder;
  private final PredictionDecoder<T, R> decoder;
  private final BufferAllocator allocator;
  private final InferenceSettings settings;
  private final NanoClock clock;
  private final CallTimer callTimer = new CallTimer();
  private @Nullable ColumnBatch inputs;
  private int[] rows = new int[INITIAL_ROWS];
  private long encodeNanos;
  private long modelNanos;
  private long decodeNanos;
  private int calls;
  private int sizeThatFits;
  private boolean provedHealthy;
  // Where rows[] ends for the records that encode() left without an outcome when memory ran out.
  private int leftEnd;

  Scorer(
      Model model,
      Codec<T, R> codec,
      BufferAllocator allocator,
      InferenceSettings settings,
      NanoClock clock) {
    this.model = model;
    this.inputColumns = model.signature().inputColumns();
    this.encoder = codec.encoder();
    this.decoder = codec.decoder();
    this.allocator = allocator;
    this.settings = settings;
    this.clock = clock;
  }

  /** How records become columns and columns become results; one worker's own copy. */
  record Codec<T, R>(RecordEncoder<T> encoder, PredictionDecoder<T, R> decoder) {}

  CallTimer callTimer() {
    return callTimer;
  }

  /**
   * Sets the outcome of every record.
   *
   * @throws InferenceException if the model, not a record, is at fault, or a policy says to fail
   */
  ScoreReport score(Batch<T, Object> batch) {
    encodeNanos = 0;
    modelNanos = 0;
    decodeNanos = 0;
    calls = 0;
    sizeThatFits = 0;
    provedHealthy = false;
    int size = batch.size();
    if (rows.length < size) {
      rows = new int[Math.max(size, Math.min(2 * rows.length, settings.batching().maxSize()))];
    }
    for (int row = 0; row < size; row++) {
      rows[row] = row;
    }
    score(batch, 0, size, 1);
    return new ScoreReport(encodeNanos, modelNanos, decodeNanos, calls, sizeThatFits);
  }

  /** Scores the records at {@code rows[from..to)}, each of which is part of its attempt-th call. */
  private void score(Batch<T, Object> batch, int from, int to, int attempt) {
    int end;
    RuntimeException failure;
    try {
      end = encode(batch, from, to);
    } catch (OutOfMemoryException e) {
      halve(batch, from, leftEnd, attempt - 1, e);
      return;
    }
    if (end == from) {
      return;
    }
    try (ColumnBatch outputs = call(end - from)) {
      decode(batch, outputs, from, end, attempt);
      return;
    } catch (ModelOutOfMemoryException | OutOfMemoryException e) {
      failure = e;
    } catch (InferenceException e) {
      throw e;
    } catch (RuntimeException e) {
      proveHealthy(e);
      failure = e;
    }
    halve(batch, from, end, attempt, failure);
  }

  private void halve(
      Batch<T, Object> batch, int from, int to, int attempts, RuntimeException failure) {
    boolean memory =
        failure instanceof ModelOutOfMemoryException || failure instanceof OutOfMemoryException;
    if (to - from == 1) {
      deadLetter(
          batch,
          rows[from],
          memory ? DeadLetterCause.OUT_OF_MEMORY : DeadLetterCause.MODEL,
          String.valueOf(failure.getMessage()),
          attempts);
      return;
    }
    int middle = (from + to) >>> 1;
    if (memory) {
      sizeThatFits = Math.max(1, middle - from);
      // Columns of the size that did not fit would leave no room for the outputs of a smaller one.
      close();
    }
    score(batch, from, middle, attempts + 1);
    score(batch, middle, to, attempts + 1);
  }

  /**
   * Encodes the records that have no outcome yet; answers the end of those that are to be scored.
   */
  private int encode(Batch<T, Object> batch, int from, int to) {
    long started = clock.nanos();
    leftEnd = to;
    ColumnBatch columns = inputs(to - from);
    columns.reset();
    int end = from;
    for (int i = from; i < to; i++) {
      int row = rows[i];
      T record = batch.record(row);
      try {
        if (encoder.encode(record, columns, end - from)) {
          rows[end++] = row;
        } else {
          batch.outcome(row, unscored(record));
        }
      } catch (OutOfMemoryException e) {
        System.arraycopy(rows, i, rows, end, to - i);
        leftEnd = end + to - i;
        throw e;
      } catch (UnfitRecordException e) {
        columns.truncate(end - from);
        unfit(batch, row, e);
      } catch (RuntimeException e) {
        columns.truncate(end - from);
        deadLetter(batch, row, DeadLetterCause.UNFIT, e.toString(), 0);
      }
    }
    columns.rows(end - from);
    encodeNanos += clock.nanos() - started;
    return end;
  }

  /** Memory for this many rows: what there is, or twice as much, up to the largest batch. */
  private ColumnBatch inputs(int needed) {
    ColumnBatch present = inputs;
    if (present != null && present.capacity() >= needed) {
      return present;
    }
    int capacity = Math.max(INITIAL_ROWS, Integer.highestOneBit(Math.max(1, needed - 1)) << 1);
    if (present != null) {
      present.close();
      inputs = null;
    }
    ColumnBatch allocated =
        ColumnBatch.allocate(
            allocator, inputColumns, Math.min(capacity, settings.batching().maxSize()));
    inputs = allocated;
    return allocated;
  }

  private void unfit(Batch<T, Object> batch, int row, UnfitRecordException e) {
    if (!e.isNullInput()) {
      deadLetter(batch, row, DeadLetterCause.UNFIT, e.problem(), 0);
      return;
    }
    switch (settings.onNullInput()) {
      case DEAD_LETTER -> deadLetter(batch, row, DeadLetterCause.NULL_INPUT, e.problem(), 0);
      case SKIP -> batch.outcome(row, unscored(batch.record(row)));
      case FAIL ->
          throw new InferenceException(
              "step '%s', %s: record %d of batch %d: %s; null-input is %s"
                  .formatted(
                      settings.step(),
                      model.version(),
                      row,
                      batch.number(),
                      e.problem(),
                      OnNullInput.FAIL),
              e);
    }
  }

  private Object unscored(T record) {
    try {
      return decoder.unscored(record);
    } catch (UnsupportedOperationException e) {
      throw new InferenceException("step '" + settings.step() + "': " + e.getMessage(), e);
    }
  }

  private ColumnBatch call(int size) {
    ColumnBatch columns = inputs(size);
    calls++;
    long started = clock.nanos();
    callTimer.started(size, started);
    ColumnBatch outputs;
    try {
      outputs = model.predict(columns, allocator);
    } finally {
      callTimer.ended();
      modelNanos += clock.nanos() - started;
    }
    if (outputs.rows() != size) {
      int answered = outputs.rows();
      outputs.close();
      throw new InferenceException(
          "step '%s', %s: %d rows answered for %d records (expected: as many); publish a version whose outputs keep the batch's dimension"
              .formatted(settings.step(), model.version(), answered, size),
          null);
    }
    return outputs;
  }

  /** Clears the model of suspicion, once per batch, before data is blamed. */
  private void proveHealthy(RuntimeException failure) {
    if (provedHealthy) {
      return;
    }
    callTimer.started(1, clock.nanos());
    try {
      WarmUp.run(model);
    } catch (RuntimeException e) {
      e.addSuppressed(failure);
      throw new InferenceException(
          "step '%s', %s: fails on its own warm-up sample: %s; no record is at fault"
              .formatted(settings.step(), model.version(), e.getMessage()),
          e);
    } finally {
      callTimer.ended();
    }
    provedHealthy = true;
  }

  private void decode(Batch<T, Object> batch, ColumnBatch outputs, int from, int to, int attempt) {
    long started = clock.nanos();
    boolean allFinite = settings.onNotFinite() == OnNotFinite.KEEP || FiniteCheck.allRows(outputs);
    decoder.begin(outputs);
    for (int i = from; i < to; i++) {
      int row = rows[i];
      if (!allFinite && !FiniteCheck.row(outputs, i - from)) {
        notFinite(batch, row, attempt);
        continue;
      }
      try {
        R result = decoder.decode(batch.record(row), outputs, i - from);
        batch.outcome(row, Objects.requireNonNull(result, "result of the decoder"));
      } catch (RuntimeException e) {
        deadLetter(batch, row, DeadLetterCause.DECODE, e.toString(), attempt);
      }
    }
    decodeNanos += clock.nanos() - started;
  }

  private void notFinite(Batch<T, Object> batch, int row, int attempt) {
    String message = "prediction: not a number or infinite (expected: finite)";
    if (settings.onNotFinite() == OnNotFinite.FAIL) {
      throw new InferenceException(
          "step '%s', %s: record %d of batch %d: %s; on-nan is %s"
              .formatted(
                  settings.step(), model.version(), row, batch.number(), message, OnNotFinite.FAIL),
          null);
    }
    deadLetter(batch, row, DeadLetterCause.NOT_FINITE, message, attempt);
  }

  private void deadLetter(
      Batch<T, Object> batch, int row, DeadLetterCause cause, String message, int attempts) {
    batch.outcome(
        row,
        new DeadLetter<>(
            batch.record(row),
            cause,
            message,
            model.version(),
            settings.step(),
            batch.number(),
            attempts));
  }

  @Override
  public void close() {
    ColumnBatch present = inputs;
    inputs = null;
    if (present != null) {
      present.close();
    }
  }
}
