package io.tidemill.inference.operator;

import io.tidemill.model.Model;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.loader.ModelHandle;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The calls of a model that one batch after another takes: counted, timed, and checked for the
 * number of rows.
 *
 * <p>Before a record is blamed for a failure, {@link #proveHealthy} clears the model of suspicion,
 * each time anew: some failures of an engine, of a GPU above all, last for ever, and with one proof
 * per batch every record after such a failure would be blamed.
 *
 * <p>Used by one thread at a time; only the timer is read by another.
 */
final class ModelCalls {
  private final ModelHandle handle;
  private final Model model;
  private final long memoryLimitBytes;
  private final Step step;
  private final NanoClock clock;
  private final CallTimer timer = new CallTimer();
  private long nanos;
  private int count;

  /**
   * @param memoryLimitBytes the most that a proof of health may take
   */
  ModelCalls(ModelHandle handle, long memoryLimitBytes, Step step, NanoClock clock) {
    this.handle = handle;
    this.model = handle.model();
    this.memoryLimitBytes = memoryLimitBytes;
    this.step = step;
    this.clock = clock;
  }

  /** Begins with the next batch. */
  void begin() {
    nanos = 0;
    count = 0;
  }

  /** Time inside this batch's calls, that for proofs of health excepted. */
  long nanos() {
    return nanos;
  }

  /** This batch's calls, proofs of health excepted. */
  int count() {
    return count;
  }

  CallTimer timer() {
    return timer;
  }

  /**
   * The outputs for all rows of the inputs, the caller's to close.
   *
   * @throws InferenceException if the model answers another number of rows
   */
  ColumnBatch call(ColumnBatch inputs, BufferAllocator allocator) {
    int size = inputs.rows();
    count++;
    long started = clock.nanos();
    timer.started(size, started);
    ColumnBatch outputs;
    try {
      outputs = model.predict(inputs, allocator);
    } finally {
      timer.ended();
      nanos += clock.nanos() - started;
    }
    if (outputs.rows() != size) {
      int answered = outputs.rows();
      outputs.close();
      throw step.failure(
          "%d rows answered for %d records (expected: as many); publish a version whose outputs keep the batch's dimension"
              .formatted(answered, size),
          null);
    }
    return outputs;
  }

  /**
   * Clears the model of suspicion after a failure.
   *
   * @throws InferenceException if it fails on its own warm-up sample
   */
  void proveHealthy(RuntimeException failure) {
    timer.started(1, clock.nanos());
    try {
      handle.proveHealthy(memoryLimitBytes);
    } catch (RuntimeException e) {
      e.addSuppressed(failure);
      throw step.failure(
          "fails on its own warm-up sample: %s; no record is blamed".formatted(e.getMessage()), e);
    } finally {
      timer.ended();
    }
  }
}
