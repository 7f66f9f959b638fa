package io.tidemill.connectors.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What a record calls its schema, as it stands before the record. Immutable.
 *
 * @param path where a registry keeps the schema
 * @param bytes how many of the record's bytes the name takes
 */
record SchemaId(String path, int bytes) {
  static final byte NUMBERED = 0;
  static final byte UNIQUE = 1;

  private static final int NUMBERED_BYTES = 1 + Integer.BYTES;
  private static final int UNIQUE_BYTES = 1 + 2 * Long.BYTES;

  /**
   * Reads the first bytes of a record.
   *
   * @throws IOException if no schema is named there
   */
  static SchemaId of(byte[] record) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(record);
    if (record.length >= NUMBERED_BYTES && record[0] == NUMBERED) {
      return new SchemaId("/schemas/ids/" + bytes.getInt(1), NUMBERED_BYTES);
    }
    if (record.length >= UNIQUE_BYTES && record[0] == UNIQUE) {
      var guid = new UUID(bytes.getLong(1), bytes.getLong(1 + Long.BYTES));
      return new SchemaId("/schemas/guids/" + guid, UNIQUE_BYTES);
    }
    throw new IOException(
        "%s (expected: 0x00 and a schema's number, or 0x01 and its GUID; for plain Avro set the format to avro)"
            .formatted(
                record.length == 0
                    ? "no bytes"
                    : "a record of %d bytes that begins with 0x%02x"
                        .formatted(record.length, record[0])));
  }

  /** The first bytes of a record whose schema has this number. */
  static byte[] before(int id, byte[] record) {
    return ByteBuffer.allocate(NUMBERED_BYTES + record.length)
        .put(NUMBERED)
        .putInt(id)
        .put(record)
        .array();
  }
}
