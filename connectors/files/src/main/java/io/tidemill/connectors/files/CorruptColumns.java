package io.tidemill.connectors.files;

import io.tidemill.connectors.record.CorruptFileException;
import java.util.Arrays;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;

/**
 * Columns without rows for what is not read of a corrupt file, with a {@link FileOrigin} that says
 * so.
 *
 * @param count of the columns, the origin last
 */
record CorruptColumns(int count) implements UpToDamage.Letters<VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  @Override
  public VectorizedColumnBatch of(CorruptFileException damage) {
    ColumnVector[] columns = new ColumnVector[count];
    Arrays.fill(columns, (ColumnVector) row -> true);
    columns[count - 1] = new FileOrigin(damage);
    return new VectorizedColumnBatch(columns);
  }
}
