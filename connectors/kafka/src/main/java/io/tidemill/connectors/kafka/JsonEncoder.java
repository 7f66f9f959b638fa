package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.JsonRows;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;

/**
 * Encodes rows with Flink's JSON, which would write a number that is not finite as text. Not
 * thread-safe.
 */
final class JsonEncoder implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final JsonRows rows;
  private final SerializationSchema<RowData> json;

  JsonEncoder(JsonRows rows, SerializationSchema<RowData> json) {
    this.rows = rows;
    this.json = json;
  }

  @Override
  public void open(InitializationContext context) throws Exception {
    json.open(context);
  }

  @Override
  public byte[] serialize(RowData row) {
    return json.serialize(rows.of(row));
  }
}
