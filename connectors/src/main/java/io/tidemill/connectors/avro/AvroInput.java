package io.tidemill.connectors.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one record while they are read. No length is believed that is longer than what is
 * left: Avro allocates what a length says before it looks for the bytes, so that a few bytes of
 * garbage would ask for gigabytes and end the task. Not thread-safe.
 */
final class AvroInput {
  private static final Object[] EMPTY = {};

  final BinaryDecoder avro;

  /**
   * Begins a record.
   *
   * @param before of which the buffers are used again
   */
  AvroInput(byte[] bytes, @Nullable AvroInput before) {
    avro = DecoderFactory.get().binaryDecoder(bytes, before == null ? null : before.avro);
  }

  /** How many bytes are left. */
  int left() throws IOException {
    return avro.inputStream().available();
  }

  byte[] readFixed(int size) throws IOException {
    byte[] bytes = new byte[checked(size)];
    avro.readFixed(bytes);
    return bytes;
  }

  /** Bytes after their length. */
  byte[] readBytes() throws IOException {
    byte[] bytes = new byte[checked(avro.readLong())];
    avro.readFixed(bytes);
    return bytes;
  }

  /** A string, whose bytes are its text in UTF-8. */
  StringData readText() throws IOException {
    byte[] bytes = readBytes();
    for (byte unit : bytes) {
      if (unit < 0) {
        checkUtf8(bytes);
        break;
      }
    }
    return StringData.fromBytes(bytes);
  }

  /** The elements of an array; numbers that are always there are kept without an object each. */
  ArrayData readArray(AvroType element) throws IOException {
    boolean present = element.nullIndex() < 0;
    int count = checked(avro.readArrayStart());
    if (present && element.type().is(LogicalTypeRoot.FLOAT)) {
      float[] floats = {};
      for (; count > 0; count = checked(avro.arrayNext())) {
        int from = floats.length;
        floats = Arrays.copyOf(floats, from + count);
        for (int i = from; i < floats.length; i++) {
          floats[i] = avro.readFloat();
        }
      }
      return new GenericArrayData(floats);
    }
    if (present && element.type().is(LogicalTypeRoot.DOUBLE)) {
      double[] doubles = {};
      for (; count > 0; count = checked(avro.arrayNext())) {
        int from = doubles.length;
        doubles = Arrays.copyOf(doubles, from + count);
        for (int i = from; i < doubles.length; i++) {
          doubles[i] = avro.readDouble();
        }
      }
      return new GenericArrayData(doubles);
    }
    @Nullable Object[] elements = EMPTY;
    for (; count > 0; count = checked(avro.arrayNext())) {
      int from = elements.length;
      elements = Arrays.copyOf(elements, from + count);
      for (int i = from; i < elements.length; i++) {
        elements[i] = element.read(this);
      }
    }
    return new GenericArrayData(elements);
  }

  /** A length or a count that may be allocated. */
  int checked(long length) throws IOException {
    int left = left();
    if (length < 0 || length > left) {
      throw new IOException("Avro: length " + length + " (expected: 0 to " + left + " bytes left)");
    }
    return (int) length;
  }

  private static void checkUtf8(byte[] bytes) throws IOException {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new IOException("Avro: a string that is not UTF-8 (expected: UTF-8)", e);
    }
  }
}
