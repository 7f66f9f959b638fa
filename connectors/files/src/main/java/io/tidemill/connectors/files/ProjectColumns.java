package io.tidemill.connectors.files;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the columns that are written, counts their rows, and releases the element once they are.
 * What follows has written or copied it when it returns: nothing else may read the element. Not
 * thread-safe.
 */
final class ProjectColumns
    extends RichFlatMapFunction<VectorizedColumnBatch, VectorizedColumnBatch> {
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
  public void flatMap(VectorizedColumnBatch rows, Collector<VectorizedColumnBatch> written) {
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
    written.collect(chosen);
    for (ColumnVector column : rows.columns) {
      if (column instanceof FileOrigin origin) {
        origin.release();
      }
    }
  }
}
