package io.tidemill.model.engine;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.List;

/** What holds for the batch of a call, and for its answer, whatever the engine. */
public final class BatchCheck {
  private BatchCheck() {}

  /**
   * Checks that a batch has rows and a column for each input.
   *
   * @throws IllegalArgumentException if not
   */
  public static void input(ModelVersion version, Signature signature, ColumnBatch batch) {
    if (batch.rows() < 1) {
      throw new IllegalArgumentException(
          "%s: call with %d rows (expected: >= 1)".formatted(version, batch.rows()));
    }
    if (batch.columns() != signature.inputs().size()) {
      throw new IllegalArgumentException(
          "%s: call with %d columns (expected: %d, one per input)"
              .formatted(version, batch.columns(), signature.inputs().size()));
    }
  }

  /**
   * The answer to a call, with as many rows as its columns have.
   *
   * @param rowsIn rows of the call
   * @param columns in the order of the signature's outputs; the caller's still if this throws
   * @throws ModelCallException if their numbers of rows differ
   */
  public static ColumnBatch answer(
      ModelVersion version, int rowsIn, List<? extends Column> columns) {
    int rows = columns.get(0).capacity();
    for (Column column : columns) {
      if (column.capacity() != rows) {
        throw new ModelCallException(
            "%s: call with %d rows: output '%s' came back with %d rows but '%s' with %d"
                .formatted(
                    version,
                    rowsIn,
                    columns.get(0).spec().name(),
                    rows,
                    column.spec().name(),
                    column.capacity()));
      }
    }
    return ColumnBatch.of(rows, columns);
  }
}
