package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.DeadLetterCause;
import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.inference.codec.RecordEncoder;
import io.tidemill.inference.codec.UnfitRecordException;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.model.Model;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.loader.ModelHandle;
import java.util.List;
import java.util.Objects;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Gives every record of a batch its outcome, in three steps that may run on different threads:
 * {@link #encode}, {@link #call}, {@link #decode}. It holds the batch, and its input and output
 * columns, from {@link #enter} to {@link #leave}.
 *
 * <p>A call that throws is halved until the record at fault stands alone. Two calls per level make
 * at most 2·⌈log2 n⌉ further calls for each record at fault, wherever it stands. Before a record is
 * blamed, the model has to score its own warm-up sample; if it cannot, the batch has no outcome and
 * the task fails. A call that runs out of memory is halved as well, and the report says what
 * fitted; again the model has to score its sample before a record is blamed.
 *
 * <p>A scorer's Arrow memory is its own, so that what fits does not depend on the batches beside.
 *
 * <p>Every half is encoded anew from row 0: slices of a column would not be aligned, so the engine
 * would copy them, and this is not the way of a healthy record.
 *
 * <p>Used by one thread at a time; whoever hands it over publishes it.
 */
final class Scorer<T, R> implements AutoCloseable {
  private static final int INITIAL_ROWS = 64;
  // A processor copies so much in some 40 microseconds. An engine splits an operation over as many
  // threads as there are processors and waits for the slowest: without ever giving way to it,
  // encoding ahead took 21 of 100 records from a convolutional network of 1.6 MB batches, and takes
  // 4 to 7 like this. But whoever gives way may wait for a whole time slice: within batches of
  // 64 kB it took 15 of 100 records from two workers.
  private static final long BYTES_PER_TURN = 128 << 10;

  private final ModelCalls calls;
  private final List<ColumnSpec> inputColumns;
  private final RecordEncoder<T> encoder;
  private final PredictionDecoder<T, R> decoder;
  private final OutcomePolicy<T> policy;
  private final BufferAllocator allocator;
  private final StepSettings settings;
  private final NanoClock clock;
  private final int rowsPerTurnAhead;
  private @Nullable ColumnBatch inputs;
  private int[] rows = new int[INITIAL_ROWS];
  private long encodeNanos;
  private long decodeNanos;
  private int sizeThatFits;
  private int rowsPerTurn = Integer.MAX_VALUE;
  // Where rows[] ends for the records that encode() left without an outcome when memory ran out.
  private int leftEnd;

  // The batch between its steps: once encoded, rows[0..end) are, or memory ran out on the way.
  private @Nullable Batch<T, Object> current;
  private int end;
  private @Nullable OutOfMemoryException encodeFailure;
  private @Nullable ColumnBatch outputs;
  private boolean encoded;
  private boolean allFinite;

  /**
   * A scorer.
   *
   * @param allocator of this scorer alone, which closes it; its limit is what one batch may take
   */
  Scorer(
      ModelHandle handle,
      Codec<T, R> codec,
      BufferAllocator allocator,
      Step step,
      StepSettings settings,
      NanoClock clock) {
    this.calls = new ModelCalls(handle, batchBytes(settings), step, clock);
    this.inputColumns = handle.model().signature().inputColumns();
    this.rowsPerTurnAhead = rowsPerTurn(inputColumns);
    this.encoder = codec.encoder();
    this.decoder = codec.decoder();
    this.policy = new OutcomePolicy<>(step, settings, decoder::unscored);
    this.allocator = allocator;
    this.settings = settings;
    this.clock = clock;
  }

  private static int rowsPerTurn(List<ColumnSpec> columns) {
    return (int) Math.max(1, BYTES_PER_TURN / Math.max(1, bytesPerRow(columns)));
  }

  private static long bytesPerRow(List<ColumnSpec> columns) {
    return columns.stream().mapToLong(ColumnSpec::bytesPerRow).sum();
  }

  /**
   * Proves that a record can fit at all.
   *
   * @throws InferenceException if no record of this model could
   */
  static void requireRoom(Model model, Step step, StepSettings settings) {
    long bytes = bytesPerRow(model.signature().inputColumns());
    if (bytes > batchBytes(settings)) {
      throw step.failure(
          "memory limit: %d bytes (expected: >= %d, a record of %d bytes for each of the %d batches in flight)"
              .formatted(
                  settings.memoryBytes(),
                  bytes * settings.batching().maxInFlight(),
                  bytes,
                  settings.batching().maxInFlight()),
          null);
    }
  }

  /** The most Arrow memory that one batch may take, its outputs included. */
  static long batchBytes(StepSettings settings) {
    return settings.memoryBytes() / settings.batching().maxInFlight();
  }

  /** How records become columns and columns become results; one scorer's own copy. */
  record Codec<T, R>(RecordEncoder<T> encoder, PredictionDecoder<T, R> decoder) {}

  CallTimer callTimer() {
    return calls.timer();
  }

  /** The batch that is in. */
  Batch<T, Object> batch() {
    return Objects.requireNonNull(current, "current batch");
  }

  /** Lets a batch in. */
  void enter(Batch<T, Object> next) {
    current = next;
    encoded = false;
    calls.begin();
    encodeNanos = 0;
    decodeNanos = 0;
    sizeThatFits = 0;
    end = 0;
  }

  /**
   * The first step: writes the records into the input columns.
   *
   * @param ahead whether a call of the model runs beside, whose own threads then come first
   * @throws InferenceException if a policy says to fail
   */
  void encode(boolean ahead) {
    encoded = true;
    Batch<T, Object> batch = batch();
    rowsPerTurn = ahead ? rowsPerTurnAhead : Integer.MAX_VALUE;
    int size = batch.size();
    if (rows.length < size) {
      rows = new int[Math.max(size, Math.min(2 * rows.length, settings.batching().maxSize()))];
    }
    for (int row = 0; row < size; row++) {
      rows[row] = row;
    }
    try {
      end = encode(batch, 0, size);
    } catch (OutOfMemoryException e) {
      // What halves it calls the model, which is for the next step.
      encodeFailure = e;
    }
  }

  /**
   * The second step, and the first if nobody has taken it: calls the model, and after a failure as
   * often as it takes to find the records at fault. On a worker only, as nothing bounds its time.
   *
   * @throws InferenceException if the model, not a record, is at fault, or a policy says to fail
   */
  void call() {
    if (!encoded) {
      encode(false);
    }
    OutOfMemoryException failure = encodeFailure;
    encodeFailure = null;
    if (failure != null) {
      halve(batch(), 0, leftEnd, 0, failure);
    } else if (end > 0) {
      outputs = callOrHalve(batch(), 0, end, 1);
    }
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
      decode(batch(), present, 0, end, 1);
    }
  }

  /** Lets the batch go after its last step. */
  ScoreReport leave() {
    current = null;
    return new ScoreReport(encodeNanos, calls.nanos(), decodeNanos, calls.count(), sizeThatFits);
  }

  /** Scores the records at {@code rows[from..to)}, each of which is part of its attempt-th call. */
  private void score(Batch<T, Object> batch, int from, int to, int attempt) {
    int encoded;
    try {
      encoded = encode(batch, from, to);
    } catch (OutOfMemoryException e) {
      halve(batch, from, leftEnd, attempt - 1, e);
      return;
    }
    if (encoded > from) {
      ColumnBatch answered = callOrHalve(batch, from, encoded, attempt);
      if (answered != null) {
        decode(batch, answered, from, encoded, attempt);
      }
    }
  }

  /**
   * The outputs for the encoded records, announced to the decoder, or null if the call failed and
   * every one has its outcome.
   */
  private @Nullable ColumnBatch callOrHalve(Batch<T, Object> batch, int from, int to, int attempt) {
    try {
      return begin(calls.call(inputs(to - from), allocator));
    } catch (InferenceException e) {
      throw e;
    } catch (RuntimeException e) {
      halve(batch, from, to, attempt, e);
      return null;
    }
  }

  private static boolean isMemory(RuntimeException failure) {
    return failure instanceof ModelOutOfMemoryException || failure instanceof OutOfMemoryException;
  }

  private String problem(RuntimeException failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof OutOfMemoryException
        ? "%s; the step's memory limit leaves a batch %d bytes"
            .formatted(message, batchBytes(settings))
        : message;
  }

  private void halve(
      Batch<T, Object> batch, int from, int to, int attempts, RuntimeException failure) {
    boolean memory = isMemory(failure);
    if (to - from == 1) {
      calls.proveHealthy(failure);
      policy.deadLetter(
          batch,
          rows[from],
          memory ? DeadLetterCause.OUT_OF_MEMORY : DeadLetterCause.MODEL,
          problem(failure),
          attempts);
      return;
    }
    int middle = (from + to) >>> 1;
    if (memory) {
      sizeThatFits = Math.max(1, middle - from);
      // Columns of the size that did not fit would leave no room for the outputs of a smaller one.
      releaseInputs();
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
    int encoded = from;
    int left = rowsPerTurn;
    for (int i = from; i < to; i++) {
      int row = rows[i];
      T record = batch.record(row);
      if (--left == 0) {
        giveWay();
        left = rowsPerTurn;
      }
      try {
        if (encoder.encode(record, columns, encoded - from)) {
          rows[encoded++] = row;
        } else {
          policy.passUnscored(batch, row);
        }
      } catch (InferenceException e) {
        throw e;
      } catch (OutOfMemoryException e) {
        System.arraycopy(rows, i, rows, encoded, to - i);
        leftEnd = encoded + to - i;
        throw e;
      } catch (UnfitRecordException e) {
        columns.truncate(encoded - from);
        policy.unfit(batch, row, e);
      } catch (RuntimeException e) {
        columns.truncate(encoded - from);
        policy.deadLetter(batch, row, DeadLetterCause.UNFIT, e.toString(), 0);
      }
    }
    columns.rows(encoded - from);
    encodeNanos += clock.nanos() - started;
    return encoded;
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

  private ColumnBatch begin(ColumnBatch outputs) {
    long started = clock.nanos();
    try {
      allFinite = settings.onNan() == OnNotFinite.KEEP || FiniteCheck.allRows(outputs);
      decoder.begin(outputs);
    } catch (RuntimeException e) {
      outputs.close();
      throw e;
    }
    decodeNanos += clock.nanos() - started;
    return outputs;
  }

  private void decode(Batch<T, Object> batch, ColumnBatch outputs, int from, int to, int attempt) {
    long started = clock.nanos();
    try (outputs) {
      for (int i = from; i < to; i++) {
        int row = rows[i];
        if (!allFinite && !FiniteCheck.row(outputs, i - from)) {
          policy.notFinite(batch, row, attempt);
          continue;
        }
        try {
          R result = decoder.decode(batch.record(row), outputs, i - from);
          batch.outcome(row, Objects.requireNonNull(result, "result of the decoder"));
        } catch (RuntimeException e) {
          policy.deadLetter(batch, row, DeadLetterCause.DECODE, e.toString(), attempt);
        }
      }
    }
    decodeNanos += clock.nanos() - started;
  }

  private void releaseInputs() {
    ColumnBatch present = inputs;
    inputs = null;
    if (present != null) {
      present.close();
    }
  }

  @Override
  public void close() {
    ColumnBatch present = outputs;
    outputs = null;
    if (present != null) {
      present.close();
    }
    releaseInputs();
    allocator.close();
  }
}
