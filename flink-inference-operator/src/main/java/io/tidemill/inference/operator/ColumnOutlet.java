package io.tidemill.inference.operator;

import io.tidemill.inference.batch.Batch;
import io.tidemill.inference.codec.ColumnRows;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.types.logical.RowType;

/** Makes the results of a batch one element of the stream. Task thread only. */
final class ColumnOutlet implements Outlet<RowData> {
  private final Output<StreamRecord<VectorizedColumnBatch>> output;
  private final RowType type;
  private List<RowData> rows = new ArrayList<>();
  private long timestamp = Batch.NO_TIMESTAMP;

  ColumnOutlet(Output<StreamRecord<VectorizedColumnBatch>> output, RowType type) {
    this.output = output;
    this.type = type;
  }

  @Override
  public void begin() {
    rows = new ArrayList<>();
  }

  /** Records of a batch came together with one timestamp or, restored, have none that is used. */
  @Override
  public void result(RowData result, long resultTimestamp) {
    rows.add(result);
    timestamp = resultTimestamp;
  }

  @Override
  public void end() {
    if (!rows.isEmpty()) {
      together(rows, timestamp);
      rows = new ArrayList<>();
    }
  }

  @Override
  public void together(List<RowData> results, long resultTimestamp) {
    output.collect(Outlet.carrier(ColumnRows.columnsOf(results, type), resultTimestamp));
  }
}
