package io.tidemill.inference.table;

import io.tidemill.inference.codec.PredictionDecoder;
import io.tidemill.model.columnar.ColumnBatch;
import java.util.Collection;
import java.util.List;
import org.apache.flink.table.data.RowData;

/** Makes of a row the collection that Flink wants, with that row alone. */
record OneRow(PredictionDecoder<RowData, RowData> rows)
    implements PredictionDecoder<RowData, Collection<RowData>> {
  @Override
  public void begin(ColumnBatch outputs) {
    rows.begin(outputs);
  }

  @Override
  public Collection<RowData> decode(RowData record, ColumnBatch outputs, int row) {
    return List.of(rows.decode(record, outputs, row));
  }

  @Override
  public Collection<RowData> unscored(RowData record) {
    return List.of(rows.unscored(record));
  }
}
