package io.tidemill.connectors.avro;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.StringData;
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
   * @param from where in the bytes it begins
   * @param length of those that are its own, or of records behind it
   * @param before of which the buffers are used again
   */
  AvroInput(byte[] bytes, int from, int length, @Nullable AvroInput before) {
    avro =
        DecoderFactory.get()
            .binaryDecoder(bytes, from, length, before == null ? null : before.avro);
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

  /** Elements that are always there, kept without an object each. */
  ArrayData readFloats() throws IOException {
    float[] floats = {};
    for (int count = firstBlock(); count > 0; count = nextBlock()) {
      int from = floats.length;
      floats = Arrays.copyOf(floats, from + count);
      for (int i = from; i < floats.length; i++) {
        floats[i] = avro.readFloat();
      }
    }
    return new GenericArrayData(floats);
  }

  /** Elements that are always there, kept without an object each. */
  ArrayData readDoubles() throws IOException {
    double[] doubles = {};
    for (int count = firstBlock(); count > 0; count = nextBlock()) {
      int from = doubles.length;
      doubles = Arrays.copyOf(doubles, from + count);
      for (int i = from; i < doubles.length; i++) {
        doubles[i] = avro.readDouble();
      }
    }
    return new GenericArrayData(doubles);
  }

  ArrayData readArray(AvroType.Reader element) throws IOException {
    @Nullable Object[] elements = EMPTY;
    for (int count = firstBlock(); count > 0; count = nextBlock()) {
      int from = elements.length;
      elements = Arrays.copyOf(elements, from + count);
      for (int i = from; i < elements.length; i++) {
        elements[i] = element.read(this);
      }
    }
    return new GenericArrayData(elements);
  }

  MapData readMap(AvroType.Reader value) throws IOException {
    Map<StringData, @Nullable Object> entries = new LinkedHashMap<>();
    for (int count = firstBlock(); count > 0; count = nextBlock()) {
      for (int i = 0; i < count; i++) {
        entries.put(readText(), value.read(this));
      }
    }
    return new GenericMapData(entries);
  }

  /** The branch of a union with so many. */
  int readBranch(int branches) throws IOException {
    int branch = avro.readIndex();
    if (branch < 0 || branch >= branches) {
      throw new IOException(
          "Avro: branch %d of a union (expected: 0 to %d)".formatted(branch, branches - 1));
    }
    return branch;
  }

  /** Passes over a value of any type. */
  void skip(Schema schema) throws IOException {
    switch (schema.getType()) {
      case NULL -> {}
      case BOOLEAN -> avro.readBoolean();
      case INT, LONG, ENUM -> avro.readLong();
      case FLOAT -> avro.readFloat();
      case DOUBLE -> avro.readDouble();
      case STRING, BYTES -> avro.skipFixed(checked(avro.readLong()));
      case FIXED -> avro.skipFixed(checked(schema.getFixedSize()));
      case UNION -> skip(schema.getTypes().get(readBranch(schema.getTypes().size())));
      case RECORD -> {
        for (Schema.Field field : schema.getFields()) {
          skip(field.schema());
        }
      }
      case ARRAY, MAP -> {
        boolean map = schema.getType() == Schema.Type.MAP;
        for (int count = firstBlock(); count > 0; count = nextBlock()) {
          for (int i = 0; i < count; i++) {
            if (map) {
              avro.skipFixed(checked(avro.readLong()));
            }
            skip(map ? schema.getValueType() : schema.getElementType());
          }
        }
      }
    }
  }

  // An array's blocks and a map's are the same.
  private int firstBlock() throws IOException {
    return checked(avro.readArrayStart());
  }

  private int nextBlock() throws IOException {
    return checked(avro.arrayNext());
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
