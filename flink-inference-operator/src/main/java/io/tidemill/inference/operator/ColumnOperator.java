package io.tidemill.inference.operator;

import io.tidemill.inference.codec.ColumnRows;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;

/**
 * Scores a stream whose elements are rows that lie as columns. An element is a batch as it is, or
 * several if {@code max-size} or memory allow fewer rows; the results are its columns with those of
 * the predictions behind them. Rows are made of columns only where each has an end of its own.
 */
final class ColumnOperator
    extends InferenceOperator<RowData, RowData, VectorizedColumnBatch, VectorizedColumnBatch> {
  private static final long serialVersionUID = 1L;

  ColumnOperator(
      StreamOperatorParameters<VectorizedColumnBatch> parameters,
      StepParts<RowData, RowData> parts,
      ColumnsTypeInfo rows,
      ColumnsTypeInfo results) {
    super(
        parameters,
        parts,
        loader -> rows.rowSerializer(),
        output -> new ColumnOutlet(output, results.rowType()));
  }

  @Override
  public void processElement(StreamRecord<VectorizedColumnBatch> element) throws Exception {
    // Flink has counted the element, and whoever looks at it thinks of records.
    getMetricGroup()
        .getIOMetricGroup()
        .getNumRecordsInCounter()
        .inc(element.getValue().getNumRows() - 1L);
    acceptTogether(ColumnRows.of(element.getValue()), element.getTimestamp());
  }
}
