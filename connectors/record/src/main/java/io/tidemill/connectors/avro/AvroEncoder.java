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
public final class AvroEncoder implements SerializationSchema<RowData> {
  private static final long serialVersionUID = 1L;
  private static final byte[] NOTHING = {};

  private final String json;
  private final RowType rowType;

  private transient @Nullable AvroType type;
  private transient @Nullable ByteArrayOutputStream bytes;
  private transient @Nullable BinaryEncoder last;

  AvroEncoder(AvroSchema schema) {
    this.json = schema.json();
    this.rowType = schema.rowType();
  }

  @Override
  public byte[] serialize(RowData row) {
    return serialize(NOTHING, row);
  }

  /** The bytes of a row behind these. */
  public byte[] serialize(byte[] before, RowData row) {
    AvroType record = type == null ? new AvroSchema(json, rowType).type() : type;
    type = record;
    ByteArrayOutputStream all = bytes == null ? new ByteArrayOutputStream() : bytes;
    bytes = all;
    all.reset();
    all.writeBytes(before);
    BinaryEncoder out = EncoderFactory.get().binaryEncoder(all, last);
    // It keeps what a row that fails left in it, which would stand before the next one.
    last = null;
    try {
      record.writer().write(row, out);
      out.flush();
      last = out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all.toByteArray();
  }
}
