package io.tidemill.connectors.avro;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Decodes plain binary Avro straight into rows. Not thread-safe. */
final class AvroDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  /** What a schema registry puts before a record: a zero and its schema's number. */
  private static final int FRAME_BYTES = 5;

  private final String json;
  private final RowType rowType;

  private transient @Nullable AvroReader reader;

  AvroDecoder(AvroSchema schema) {
    this.json = schema.json();
    this.rowType = schema.rowType();
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    AvroReader record = reader == null ? new AvroSchema(json, rowType).reader() : reader;
    reader = record;
    try {
      return record.read(message, 0);
    } catch (IOException e) {
      if (message.length > FRAME_BYTES && message[0] == 0) {
        throw new IOException(
            "Avro: not plain, but perhaps a schema registry's, which begins with 0x00 (expected: plain Avro; or set the format to avro-confluent)",
            e);
      }
      throw e;
    }
  }

  @Override
  public boolean isEndOfStream(RowData nextElement) {
    return false;
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(rowType);
  }
}
