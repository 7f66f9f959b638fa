package io.tidemill.connectors.registry;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * What a record calls its schema, as it stands before the record. Immutable.
 *
 * @param kind {@link #NUMBERED} or {@link #UNIQUE}
 * @param high of a GUID; of a number 0
 * @param low of a GUID, or the number
 */
record SchemaId(byte kind, long high, long low) {
  static final byte NUMBERED = 0;
  static final byte UNIQUE = 1;

  /** The path at which a registry that has GUIDs knows them. */
  static final String GUIDS = "/schemas/guids/";

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int NUMBERED_BYTES = 1 + Integer.BYTES;
  private static final int UNIQUE_BYTES = 1 + 2 * Long.BYTES;

  /**
   * Reads the first bytes of a record.
   *
   * @throws IOException if no schema is named there
   */
  static SchemaId of(byte[] record) throws IOException {
    if (record.length >= NUMBERED_BYTES && record[0] == NUMBERED) {
      return new SchemaId(NUMBERED, 0, (int) INT.get(record, 1));
    }
    if (record.length >= UNIQUE_BYTES && record[0] == UNIQUE) {
      return new SchemaId(
          UNIQUE, (long) LONG.get(record, 1), (long) LONG.get(record, 1 + Long.BYTES));
    }
    throw new IOException(
        "%s (expected: 0x00 and a schema's number, or 0x01 and its GUID; for plain Avro set the format to avro)"
            .formatted(
                record.length == 0
                    ? "no bytes"
                    : "a record of %d bytes that begins with 0x%02x"
                        .formatted(record.length, record[0])));
  }

  /** How many of a record's bytes it takes. */
  int bytes() {
    return kind == NUMBERED ? NUMBERED_BYTES : UNIQUE_BYTES;
  }

  /** Where a registry keeps the schema. */
  String path() {
    return kind == NUMBERED ? "/schemas/ids/" + low : GUIDS + new UUID(high, low);
  }

  /** The first bytes of a record whose schema has this number. */
  static byte[] before(int id) {
    return ByteBuffer.allocate(NUMBERED_BYTES).put(NUMBERED).putInt(id).array();
  }
}
