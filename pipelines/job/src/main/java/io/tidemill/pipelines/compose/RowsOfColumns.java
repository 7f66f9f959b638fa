package io.tidemill.pipelines.compose;

import io.tidemill.inference.codec.ColumnRows;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.util.Collector;

/** Makes rows of columns, each a view, for those who take no columns. */
final class RowsOfColumns implements FlatMapFunction<VectorizedColumnBatch, RowData> {
  private static final long serialVersionUID = 1L;

  @Override
  public void flatMap(VectorizedColumnBatch columns, Collector<RowData> rows) {
    for (RowData row : ColumnRows.of(columns)) {
      rows.collect(row);
    }
  }
}
