package io.tidemill.model;

import io.tidemill.model.columnar.ColumnBatch;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A loaded version of a model, ready to score batches.
 *
 * <p>Thread-safe: calls may run at the same time, each with its own batch. {@link #close()} must
 * not run beside a call; a {@code ModelHandle} sees to that.
 */
public interface Model extends AutoCloseable {

  /** The version that was loaded. */
  ModelVersion version();

  /** The typed inputs and outputs; the columns of a call are in this order. */
  Signature signature();

  /**
   * Scores the first {@code input.rows()} rows. Blocks until the engine is done.
   *
   * <p>The input is borrowed until this returns, with a result or an exception; the model never
   * writes to it. The result is the caller's to close, its memory is accounted to {@code
   * allocator}, and its columns follow the signature's outputs. A model answers as many rows as it
   * was given; the caller checks that.
   *
   * @param input columns in the order of the signature's inputs, at least one row
   * @param allocator where the memory of the result is accounted; it outlives the result
   * @throws ModelOutOfMemoryException if the engine or the allocator ran out of memory; a smaller
   *     batch may pass
   * @throws ModelCallException if the engine refused or failed the call
   */
  ColumnBatch predict(ColumnBatch input, BufferAllocator allocator);

  /**
   * {@link #predict}, for callers who let the model answer for it that the rows match.
   *
   * @throws InvalidModelException if it answers another number of rows than it was given
   */
  default ColumnBatch score(ColumnBatch input, BufferAllocator allocator) {
    ColumnBatch output = predict(input, allocator);
    if (output.rows() == input.rows()) {
      return output;
    }
    int answered = output.rows();
    output.close();
    throw new InvalidModelException(
        Subject.of(version()).with(input.rows()),
        "%d rows answered for %d (expected: as many); publish a version that keeps the batch's dimension"
            .formatted(answered, input.rows()),
        null);
  }

  /** Unloads the version; a second call does nothing. */
  @Override
  void close();
}
