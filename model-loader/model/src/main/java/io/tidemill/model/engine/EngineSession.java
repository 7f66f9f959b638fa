package io.tidemill.model.engine;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A model that an engine has loaded, as {@link EngineModel} calls it.
 *
 * <p>Thread-safe, except that {@link #close()} runs beside nothing else and once.
 */
public interface EngineSession extends AutoCloseable {

  /**
   * Scores the rows of a batch that has a column for each input, and at least one row.
   *
   * @param input borrowed until this returns
   * @param allocator where the memory of the result is accounted
   * @return a column for each output, the caller's to close
   * @throws IllegalArgumentException if a column is not the input's at its position
   * @throws io.tidemill.model.ModelException if the engine fails the call
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  List<Column> call(ColumnBatch input, BufferAllocator allocator);

  @Override
  void close();
}
