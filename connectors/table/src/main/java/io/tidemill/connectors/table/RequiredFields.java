package io.tidemill.connectors.table;

import io.tidemill.connectors.record.RecordFailureException;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;

/**
 * Refuses a null in a field that is declared NOT NULL, as Flink's SQL does before a sink: Flink's
 * Parquet leaves the value out, and every later one stands in the row before its own.
 */
final class RequiredFields implements MapFunction<RowData, RowData> {
  private static final long serialVersionUID = 1L;

  private final ProjectFields fields;
  private final RowType type;
  private final int[] required;

  /**
   * A check.
   *
   * @param fields makes the rows that are looked at
   */
  RequiredFields(ProjectFields fields, RowType type) {
    this.fields = fields;
    this.type = type;
    this.required =
        IntStream.range(0, type.getFieldCount())
            .filter(field -> !type.getTypeAt(field).isNullable())
            .toArray();
  }

  @Override
  public RowData map(RowData record) {
    RowData row = fields.map(record);
    for (int field : required) {
      if (row.isNullAt(field)) {
        throw new RecordFailureException(
            "column '%s': null (expected: a value, as it is declared NOT NULL)"
                .formatted(type.getFieldNames().get(field)),
            null);
      }
    }
    return row;
  }
}
