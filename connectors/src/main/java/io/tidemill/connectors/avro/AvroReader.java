package io.tidemill.connectors.avro;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bytes of one record as a new row, and refuses bytes that are left over: most garbage
 * begins like a record. As good after bytes that do not decode as before. Not thread-safe.
 */
public final class AvroReader {
  private final String name;
  private final AvroType.Reader record;

  private @Nullable AvroInput last;

  AvroReader(String name, AvroType.Reader record) {
    this.name = name;
    this.record = record;
  }

  /**
   * The record that begins somewhere in the bytes and ends with them.
   *
   * @throws IOException if they are no such record
   */
  public RowData read(byte[] bytes, int from) throws IOException {
    AvroInput in = new AvroInput(bytes, from, last);
    last = in;
    RowData row;
    try {
      row = (RowData) requireNonNull(record.read(in));
    } catch (EOFException e) {
      throw new IOException(
          "Avro: the %d bytes end within a record of %s (expected: one with exactly its fields)"
              .formatted(bytes.length - from, name),
          e);
    } catch (StackOverflowError e) {
      throw new IOException("Avro: nested too deep (expected: a record of " + name + ")", e);
    }
    if (in.left() > 0) {
      throw new IOException(
          "Avro: %d of %d bytes left over (expected: one record of %s, with exactly its fields)"
              .formatted(in.left(), bytes.length, name));
    }
    return row;
  }
}
