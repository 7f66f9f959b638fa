package io.tidemill.model.golden;

import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.StringColumn;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Rows that a version must be able to score: it is warmed up with them, and scores one again before
 * data is blamed for a call that failed.
 *
 * <p>Thread-safe.
 */
@FunctionalInterface
public interface Sample {

  /**
   * A batch of this many rows. The caller closes it.
   *
   * @param rows how many, at least 1
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  ColumnBatch of(int rows, BufferAllocator allocator);

  /** Zeros and empty strings, with sizes of 1 where the signature leaves one open. */
  static Sample zeros(Signature signature) {
    List<ColumnSpec> specs = signature.inputs().stream().map(Sample::column).toList();
    return (rows, allocator) -> zeros(specs, rows, allocator);
  }

  private static ColumnSpec column(TensorSpec tensor) {
    long elements =
        tensor.shape().stream().filter(size -> size > 0).reduce(1L, Math::multiplyExact);
    return new ColumnSpec(tensor.name(), tensor.type(), Math.toIntExact(elements));
  }

  private static ColumnBatch zeros(List<ColumnSpec> specs, int rows, BufferAllocator allocator) {
    if (rows < 1) {
      throw new IllegalArgumentException("rows of a warm-up sample: " + rows + " (expected: >= 1)");
    }
    ColumnBatch batch = ColumnBatch.allocate(allocator, specs, rows);
    try {
      for (int i = 0; i < specs.size(); i++) {
        if (specs.get(i).type() == ElementType.STRING) {
          appendEmpty(batch.strings(i), rows * specs.get(i).elementsPerRow());
        }
      }
      batch.rows(rows);
      return batch;
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }

  private static void appendEmpty(StringColumn column, int elements) {
    for (int i = 0; i < elements; i++) {
      column.append(new byte[0], 0, 0);
    }
  }

  /**
   * Lets a model score some rows. Blocks until the engine is done.
   *
   * @param memoryLimitBytes the most that the rows and the answer may take
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  default void score(Model model, int rows, long memoryLimitBytes) {
    String name = "warm-up of " + model.version();
    try (BufferAllocator allocator = ColumnMemory.child(name, memoryLimitBytes);
        ColumnBatch input = of(rows, allocator)) {
      model.score(input, allocator).close();
    }
  }
}
