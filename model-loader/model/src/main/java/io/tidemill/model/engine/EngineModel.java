package io.tidemill.model.engine;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * What holds for the models of all engines: a closed one refuses calls, a batch has rows and a
 * column for each input, the columns of an answer have the same number of rows, a model for one
 * size of batch is called in groups of that size, and a result that the allocator has no room for
 * is told from a failed call.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
public final class EngineModel implements Model {
  private final ModelVersion version;
  private final Signature signature;
  private final EngineSession session;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Takes over a session.
   *
   * @param signature proved to fit
   */
  public EngineModel(ModelVersion version, Signature signature, EngineSession session) {
    this.version = version;
    this.signature = signature;
    this.session = session;
  }

  /** Makes something for each position. */
  @FunctionalInterface
  public interface Maker<T, E extends Exception> {
    T make(int position) throws E;
  }

  /** A column for each output: all of them or, if one cannot be made, none. */
  public static <E extends Exception> List<Column> columns(
      int outputs, Maker<? extends Column, E> maker) throws E {
    List<Column> columns = new ArrayList<>(outputs);
    try {
      for (int i = 0; i < outputs; i++) {
        columns.add(maker.make(i));
      }
      return columns;
    } catch (Throwable e) {
      columns.forEach(Column::close);
      throw e;
    }
  }

  @Override
  public ModelVersion version() {
    return version;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    check(input);
    try {
      return answer(input.rows(), call(input, allocator));
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, input.rows(), e.getMessage()),
          e);
    }
  }

  private List<Column> call(ColumnBatch input, BufferAllocator allocator) {
    int batch = signature.batch();
    return batch == 0 || batch == input.rows()
        ? session.call(input, allocator)
        : new RowGroups(version, batch, session).call(input, allocator);
  }

  private void check(ColumnBatch input) {
    if (closed.get()) {
      throw new IllegalStateException(version + ": closed (expected: loaded)");
    }
    if (input.rows() < 1) {
      throw new IllegalArgumentException(
          "%s: call with %d rows (expected: >= 1)".formatted(version, input.rows()));
    }
    if (input.columns() != signature.inputs().size()) {
      throw new IllegalArgumentException(
          "%s: call with %d columns (expected: %d, one per input)"
              .formatted(version, input.columns(), signature.inputs().size()));
    }
  }

  /** As many rows as the columns have, which whoever called compares with those that went in. */
  private ColumnBatch answer(int rowsIn, List<Column> columns) {
    Column first = columns.get(0);
    for (Column column : columns) {
      if (column.capacity() != first.capacity()) {
        columns.forEach(Column::close);
        throw new ModelCallException(
            "%s: call with %d rows: output '%s' came back with %d rows but '%s' with %d"
                .formatted(
                    version,
                    rowsIn,
                    first.spec().name(),
                    first.capacity(),
                    column.spec().name(),
                    column.capacity()));
      }
    }
    return ColumnBatch.of(first.capacity(), columns);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      session.close();
    }
  }
}
