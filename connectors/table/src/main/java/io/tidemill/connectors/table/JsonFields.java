package io.tidemill.connectors.table;

import io.tidemill.connectors.record.JsonRows;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordFailureException;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;

/**
 * Makes rows that Flink's JSON writes right of those that are to be written. Not thread-safe.
 *
 * @param origin the position of the origin in a record that arrives, or -1
 */
record JsonFields(ProjectFields fields, JsonRows rows, int origin)
    implements MapFunction<RowData, RowData> {
  @Override
  public RowData map(RowData record) {
    try {
      return rows.of(fields.map(record));
    } catch (IllegalArgumentException e) {
      throw new RecordFailureException(
          "%s: its prediction does not encode: %s"
              .formatted(Origin.positionOf(Origin.of(record, origin)), e.getMessage()),
          e);
    }
  }
}
