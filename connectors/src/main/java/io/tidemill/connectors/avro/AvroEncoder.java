package io.tidemill.connectors.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** Encodes rows as plain binary Avro. Not thread-safe. */
final class AvroEncoder implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;

  private final String json;
  private final RowType rowType;

  private transient @Nullable AvroType type;
  private transient @Nullable BinaryEncoder last;

  AvroEncoder(AvroSchema schema) {
    this.json = schema.json();
    this.rowType = schema.rowType();
  }

  @Override
  public byte[] serialize(RowData row) {
    AvroType record = type == null ? new AvroSchema(json, rowType).type() : type;
    type = record;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder out = EncoderFactory.get().binaryEncoder(bytes, last);
    last = out;
    try {
      record.writer().write(row, out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
