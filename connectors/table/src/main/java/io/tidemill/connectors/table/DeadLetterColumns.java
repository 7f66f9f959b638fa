package io.tidemill.connectors.table;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.connectors.record.Header;
import java.util.List;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;

/** Puts the sink's own headers into the context of each dead letter. Not thread-safe. */
final class DeadLetterColumns implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private final Header[] headers;

  DeadLetterColumns(List<Header> headers) {
    this.headers = headers.toArray(Header[]::new);
  }

  @Override
  public RowData map(RowData row) {
    return headers.length == 0
        ? row
        : DeadLetterRecord.fromRow(row).withContext(List.of(headers)).toRow();
  }
}
