package io.tidemill.inference.operator;

import io.tidemill.model.Model;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.loader.ModelHandle;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a model that one batch after another takes: counted, timed, and checked for rows and
 * types.
 *
 * <p>Before a record is blamed for a failure, {@link #proveHealthy} clears the model of suspicion,
 * each time anew: some failures of an engine, of a GPU above all, last for ever, and with one proof
 * per batch every record after such a failure would be blamed.
 *
 * <p>Used by one thread at a time; only the timer is read by another, which may also {@link #stop}.
 */
final class ModelCalls {
  private static final int OPEN = 0;

  private final ModelHandle handle;
  private final Model model;
  private final Step step;
  private final long memoryBytes;
  private final NanoClock clock;
  private final CallTimer timer;
  private final List<TensorSpec> outputs;
  // Elements of a row of each output; OPEN where the signature leaves a size open.
  private final int[] widths;
  private volatile boolean stopped;
  private long nanos;
  private int count;
  private long bytesIn;
  private long bytesOut;

  ModelCalls(ModelHandle handle, StepMemory memory, NanoClock clock) {
    this.handle = handle;
    this.model = handle.model();
    this.step = memory.step();
    this.memoryBytes = memory.batchBytes();
    this.clock = clock;
    this.timer = new CallTimer(step, memory.settings().timeouts().call(), clock);
    this.outputs = model.signature().outputs();
    this.widths =
        outputs.stream()
            .mapToInt(output -> output.hasFixedRows() ? output.elementsPerRow() : OPEN)
            .toArray();
  }

  /** Begins with the next batch. */
  void begin() {
    nanos = 0;
    count = 0;
    bytesIn = 0;
    bytesOut = 0;
  }

  /** Time inside this batch's calls, that for proofs of health excepted. */
  long nanos() {
    return nanos;
  }

  /** This batch's calls, proofs of health excepted. */
  int count() {
    return count;
  }

  /** Of the inputs of this batch's calls, those that failed among them. */
  long bytesIn() {
    return bytesIn;
  }

  /** Of the outputs of this batch's calls. */
  long bytesOut() {
    return bytesOut;
  }

  CallTimer timer() {
    return timer;
  }

  /** Makes every further call fail: the task has ended and nobody waits for the results. */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /**
   * The outputs for all rows of the inputs, the caller's to close.
   *
   * @throws InferenceException if the model answers other rows or types than its signature says
   */
  ColumnBatch call(ColumnBatch inputs, BufferAllocator allocator) {
    requireRunning();
    int size = inputs.rows();
    count++;
    bytesIn += inputs.bytes();
    long started = clock.nanos();
    timer.started(CallTimer.Work.CALL, size, started);
    ColumnBatch answered;
    try {
      answered = model.predict(inputs, allocator);
    } finally {
      timer.ended();
      nanos += clock.nanos() - started;
    }
    String problem = problem(answered, size);
    if (problem != null) {
      answered.close();
      throw step.failure(problem, null);
    }
    bytesOut += answered.bytes();
    return answered;
  }

  private @Nullable String problem(ColumnBatch answered, int size) {
    if (answered.rows() != size) {
      return "%d rows answered for %d records (expected: as many); publish a version whose outputs keep the batch's dimension"
          .formatted(answered.rows(), size);
    }
    if (answered.columns() != widths.length) {
      return "%d outputs answered (expected: %d, as in its signature); publish a version with the right signature"
          .formatted(answered.columns(), widths.length);
    }
    for (int i = 0; i < widths.length; i++) {
      ColumnSpec column = answered.column(i).spec();
      TensorSpec output = outputs.get(i);
      if (column.type() != output.type()
          || (widths[i] != OPEN && column.elementsPerRow() != widths[i])) {
        return "output '%s': %d of %s a row answered (expected: %s, as in its signature); publish a version with the right signature"
            .formatted(output.name(), column.elementsPerRow(), column.type().label(), output);
      }
    }
    return null;
  }

  /**
   * Clears the model of suspicion after a failure.
   *
   * @throws InferenceException if it fails on the sample that it was warmed up with
   */
  void proveHealthy(RuntimeException failure) {
    requireRunning();
    timer.started(CallTimer.Work.CALL, 1, clock.nanos());
    try {
      handle.proveHealthy(memoryBytes);
    } catch (RuntimeException e) {
      e.addSuppressed(failure);
      throw step.failure(
          "fails on its own warm-up sample: %s; no record is blamed".formatted(e.getMessage()), e);
    } finally {
      timer.ended();
    }
  }

  private void requireRunning() {
    if (stopped) {
      throw step.failure("the task has ended", null);
    }
  }
}
