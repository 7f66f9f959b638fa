package io.tidemill.connectors.files;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.jspecify.annotations.Nullable;

/** Chooses the columns that are written, and counts their rows. Not thread-safe. */
final class ProjectColumns extends RichMapFunction<VectorizedColumnBatch, VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  private final int[] positions;
  private transient @Nullable Counter records;

  ProjectColumns(int[] positions) {
    this.positions = positions.clone();
  }

  @Override
  public void open(OpenContext context) {
    records = getRuntimeContext().getMetricGroup().getIOMetricGroup().getNumRecordsInCounter();
  }

  @Override
  public VectorizedColumnBatch map(VectorizedColumnBatch rows) {
    Counter counter = records;
    if (counter != null) {
      // Flink has counted the element.
      counter.inc(rows.getNumRows() - 1L);
    }
    ColumnVector[] columns = new ColumnVector[positions.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = rows.columns[positions[i]];
    }
    VectorizedColumnBatch chosen = new VectorizedColumnBatch(columns);
    chosen.setNumRows(rows.getNumRows());
    return chosen;
  }
}
