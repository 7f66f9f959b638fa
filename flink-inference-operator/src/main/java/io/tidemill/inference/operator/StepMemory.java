package io.tidemill.inference.operator;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.loader.GpuUse;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.memory.BufferAllocator;

/** What a subtask's batches may take of Arrow's memory, and whether that can be enough. */
record StepMemory(Step step, Signature signature, StepSettings settings) {

  /** The most that one batch may take, its outputs included. */
  long batchBytes() {
    return settings.memoryBytes() / settings.batching().maxInFlight();
  }

  /**
   * Proves that a record with its prediction fits, and a full batch in one column.
   *
   * @throws InferenceException if one does not
   */
  void requireRoom() {
    int maxSize = settings.batching().maxSize();
    Stream.concat(inputs(), outputs()).forEach(column -> requireColumn(column, maxSize));
    long row = bytesOfOneRow();
    if (row > batchBytes()) {
      throw step.wrongSettings(
          "memory limit: %d bytes (expected: >= %d, %d for a record with its prediction in each of the %d batches in flight); raise it, or lower max-in-flight"
              .formatted(
                  settings.memoryBytes(),
                  row * settings.batching().maxInFlight(),
                  row,
                  settings.batching().maxInFlight()));
    }
  }

  /**
   * Proves that the calls of full batches may fit into what a model has left of its GPU, as far as
   * both are known. What the engine takes besides is not.
   *
   * @throws InferenceException if they cannot
   */
  void requireRoomOn(GpuUse use) {
    int rows = signature.batch();
    long least = settings.leastBytesOfCalls(signature.bytesPerRow(), rows);
    if (least > use.leftBytes()) {
      throw step.lackOfMemory(
          "memory of %s (%s): %.0f bytes of %.0f are free beside the model (expected: >= %d, for inputs and outputs of %d calls at once with at most %d records each, and what the engine takes besides); lower max-size or max-in-flight, end what else is on this GPU, or name another device"
              .formatted(
                  use.gpu().device(),
                  use.gpu().name(),
                  use.leftBytes(),
                  use.gpu().totalBytes(),
                  least,
                  settings.workers(),
                  rows == 0 ? settings.batching().maxSize() : rows));
    }
  }

  private void requireColumn(ColumnSpec column, int maxSize) {
    long most =
        (Integer.MAX_VALUE - FixedWidthColumn.ALIGNMENT) / Math.max(1, column.bytesPerRow());
    if (maxSize > most) {
      throw step.wrongSettings(
          "max-size: %d records of %d bytes in tensor '%s' (expected: below 2 GiB in all, at most %d records)"
              .formatted(maxSize, column.bytesPerRow(), column.name(), most));
    }
  }

  /** What one row takes with all that an allocation adds to it. */
  private long bytesOfOneRow() {
    List<ColumnSpec> inputs = inputs().toList();
    List<ColumnSpec> outputs = outputs().toList();
    try (BufferAllocator allocator = ColumnMemory.child(step.id() + "-one-row", Long.MAX_VALUE);
        ColumnBatch input = ColumnBatch.allocate(allocator, inputs, 1);
        ColumnBatch output = ColumnBatch.allocate(allocator, outputs, 1)) {
      return allocator.getAllocatedMemory();
    }
  }

  private Stream<ColumnSpec> inputs() {
    return signature.inputColumns().stream();
  }

  private Stream<ColumnSpec> outputs() {
    return signature.fixedOutputColumns().stream();
  }
}
