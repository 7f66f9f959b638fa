package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
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
 * The call that proves a model healthy: on a sample that every model of its signature must be able
 * to score. A version is warmed up before anyone gets a handle to it, and again before data is
 * blamed for a call that failed.
 *
 * <p>Thread-safe.
 */
public final class WarmUp {
  private static final byte[] EMPTY = new byte[0];

  private WarmUp() {}

  /**
   * A batch of zeros and empty strings, with sizes of 1 where the signature leaves one open. The
   * caller closes it.
   *
   * @param rows how many rows it has and counts, at least 1
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  public static ColumnBatch sample(Signature signature, int rows, BufferAllocator allocator) {
    requireNonNull(allocator, "allocator");
    if (rows < 1) {
      throw new IllegalArgumentException("rows of a warm-up sample: " + rows + " (expected: >= 1)");
    }
    List<ColumnSpec> specs = signature.inputs().stream().map(WarmUp::column).toList();
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

  private static ColumnSpec column(TensorSpec tensor) {
    long elements =
        tensor.shape().stream().filter(size -> size > 0).reduce(1L, Math::multiplyExact);
    return new ColumnSpec(tensor.name(), tensor.type(), Math.toIntExact(elements));
  }

  private static void appendEmpty(StringColumn column, int elements) {
    for (int i = 0; i < elements; i++) {
      column.append(EMPTY, 0, 0);
    }
  }

  /**
   * Scores a sample of one row. Blocks until the engine is done.
   *
   * @throws InvalidModelException if the model answers another number of rows
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public static void run(Model model) {
    run(model, zeros(model), 1, Long.MAX_VALUE);
  }

  /** Samples of zeros for a model. */
  static Sample zeros(Model model) {
    return (rows, allocator) -> sample(model.signature(), rows, allocator);
  }

  /** Scores a sample; see {@link #run(Model)}. */
  static void run(Model model, Sample sample, int rows, long memoryLimitBytes) {
    String name = "warm-up of " + model.version();
    try (BufferAllocator allocator = ColumnMemory.child(name, memoryLimitBytes);
        ColumnBatch input = sample.of(rows, allocator);
        ColumnBatch output = model.predict(input, allocator)) {
      if (output.rows() != rows) {
        throw new InvalidModelException(
            "%s: %d rows answered for %d %s (expected: %d); publish a version that keeps the batch's dimension"
                .formatted(name, output.rows(), rows, rows == 1 ? "row" : "rows", rows));
      }
    }
  }
}
