package io.tidemill.model.engine;

import io.tidemill.model.Constant;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The memory of a model's constants: a column for each, of one row, which nobody writes into.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside anything else.
 */
public final class ConstantColumns implements AutoCloseable {
  private final BufferAllocator allocator;
  private final ColumnBatch columns;

  public ConstantColumns(ModelVersion version, List<Constant> constants) {
    allocator = ColumnMemory.child("constants of " + version, Long.MAX_VALUE);
    try {
      columns =
          ColumnBatch.allocate(allocator, constants.stream().map(Constant::column).toList(), 1);
    } catch (RuntimeException | Error e) {
      allocator.close();
      throw e;
    }
    for (int i = 0; i < columns.columns(); i++) {
      constants.get(i).write(columns, i);
    }
  }

  /** The column of a constant by its position in the signature. */
  public Column column(int index) {
    return columns.column(index);
  }

  /** Whether memory of a constant of fixed width is among these bytes. */
  public boolean holds(long address, long bytes) {
    return columns.holds(address, bytes);
  }

  @Override
  public void close() {
    columns.close();
    allocator.close();
  }
}
