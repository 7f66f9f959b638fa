package io.tidemill.connectors.avro;

import java.io.IOException;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * Decodes plain binary Avro straight into rows, and refuses bytes that are left over: most garbage
 * begins like a record. Not thread-safe.
 */
final class AvroDecoder implements DeserializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final String json;
  private final RowType rowType;

  private transient @Nullable AvroType type;
  private transient @Nullable AvroInput last;

  AvroDecoder(AvroSchema schema) {
    this.json = schema.json();
    this.rowType = schema.rowType();
  }

  @Override
  public RowData deserialize(byte[] message) throws IOException {
    AvroType record = type == null ? new AvroSchema(json, rowType).type() : type;
    type = record;
    AvroInput in = new AvroInput(message, last);
    last = in;
    RowData row = (RowData) record.reader().read(in);
    if (in.left() > 0) {
      throw new IOException(
          "Avro: %d of %d bytes left over (expected: one record of %s and nothing else)"
              .formatted(in.left(), message.length, new AvroSchema(json, rowType).name()));
    }
    return row;
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
