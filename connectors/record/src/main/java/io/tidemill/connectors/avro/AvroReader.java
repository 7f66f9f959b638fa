package io.tidemill.connectors.avro;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import org.apache.flink.table.data.RowData;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bytes of records, each as a new row. As good after bytes that do not decode as before.
 * Not thread-safe.
 */
public final class AvroReader {
  private final String name;
  private final AvroType.Reader record;

  private @Nullable AvroInput input;

  AvroReader(String name, AvroType.Reader record) {
    this.name = name;
    this.record = record;
  }

  /**
   * The record that begins somewhere in the bytes and ends with them. Refuses bytes that are left
   * over: most garbage begins like a record.
   *
   * @throws IOException if they are no such record
   */
  public RowData read(byte[] bytes, int from) throws IOException {
    begin(bytes, from, bytes.length - from);
    RowData row = next();
    if (left() > 0) {
      throw new IOException(
          "Avro: %d of %d bytes left over (expected: one record of %s, with exactly its fields)"
              .formatted(left(), bytes.length, name));
    }
    return row;
  }

  /** Begins with bytes in which records stand behind one another. */
  public void begin(byte[] bytes, int from, int length) {
    input = new AvroInput(bytes, from, length, input);
  }

  /**
   * The next record of those bytes.
   *
   * @throws UnfitSchemaException if it was written as what is not read as its columns are
   * @throws IOException if they are no such record
   */
  public RowData next() throws IOException {
    AvroInput in = requireNonNull(input, "input");
    int length = in.left();
    try {
      return (RowData) requireNonNull(record.read(in));
    } catch (EOFException e) {
      throw new IOException(
          "Avro: the %d bytes end within a record of %s (expected: one with exactly its fields)"
              .formatted(length, name),
          e);
    } catch (StackOverflowError e) {
      throw new IOException("Avro: nested too deep (expected: a record of " + name + ")", e);
    }
  }

  /** How many of the bytes are not read. */
  public int left() throws IOException {
    return requireNonNull(input, "input").left();
  }
}
