package io.tidemill.connectors.avro;

import java.io.IOException;
import org.apache.avro.io.Encoder;
import org.apache.flink.table.types.logical.LogicalType;
import org.jspecify.annotations.Nullable;

/**
 * One Avro type: what Flink calls it, and how a value of it is read and written. Values are Flink's
 * internal ones, such as {@code StringData}. Immutable and thread-safe.
 *
 * @param nullIndex the index of null in the union that the type is, or -1 where it is none
 */
record AvroType(LogicalType type, int nullIndex, Reader reader, Writer writer) {
  /** Reads one value; null only where the schema of the bytes has it. */
  interface Reader {
    @Nullable Object read(AvroInput in) throws IOException;
  }

  /** Writes one value that is there. */
  interface Writer {
    void write(Object value, Encoder out) throws IOException;
  }

  /** A type whose values are always there. */
  static AvroType of(LogicalType type, Reader reader, Writer writer) {
    return new AvroType(type.copy(false), -1, reader, writer);
  }

  /** The same type in a union with null. */
  AvroType orNull(int index) {
    return new AvroType(type.copy(true), index, reader, writer);
  }

  @Nullable Object read(AvroInput in) throws IOException {
    if (nullIndex >= 0 && in.readBranch(2) == nullIndex) {
      return null;
    }
    return reader.read(in);
  }

  void write(@Nullable Object value, Encoder out) throws IOException {
    if (value == null && nullIndex < 0) {
      throw new IOException("Avro: null (expected: " + type + ")");
    }
    if (nullIndex >= 0) {
      out.writeIndex(value == null ? nullIndex : 1 - nullIndex);
    }
    if (value != null) {
      writer.write(value, out);
    }
  }
}
