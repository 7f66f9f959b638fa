package io.tidemill.inference.operator;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.loader.GpuUse;
import java.util.List;
import java.util.Optional;
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
   * Proves that the call of a full batch may fit into a GPU, as far as it is known. What the model
   * and its engine take besides is not.
   *
   * @throws InferenceException if it cannot
   */
  void requireRoomOn(GpuUse use) {
    long least = leastOnGpu() / settings.workers();
    if (least > use.gpu().totalBytes()) {
      throw step.lackOfMemory(
          "memory of %s (%s): %.0f bytes (expected: >= %d, for inputs and outputs of a call of at most %d records, and what model and engine take besides); lower max-size, or name another device"
              .formatted(
                  use.gpu().device(), use.gpu().name(), use.gpu().totalBytes(), least, rows()));
    }
  }

  /**
   * What to say where the calls of full batches hardly fit beside the model; empty where they do.
   * That is no reason to refuse a job: batches need not fill, one that does not fit is halved, and
   * an engine may have kept memory for them that is not free.
   */
  Optional<String> doubtOf(GpuUse use) {
    long least = leastOnGpu();
    return least > use.leftBytes()
        ? Optional.of(
            "memory of %s (%s): %.0f bytes of %.0f were free when the model was loaded (expected: >= %d, for inputs and outputs of %d calls at once of at most %d records each); batches that do not fit are halved"
                .formatted(
                    use.gpu().device(),
                    use.gpu().name(),
                    use.leftBytes(),
                    use.gpu().totalBytes(),
                    least,
                    settings.workers(),
                    rows()))
        : Optional.empty();
  }

  private long leastOnGpu() {
    return settings.leastBytesOfCalls(signature.bytesPerRow(), signature.batch());
  }

  private int rows() {
    return signature.batch() == 0 ? settings.batching().maxSize() : signature.batch();
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
