package io.tidemill.model.engine.onnx;

import io.tidemill.model.columnar.ElementType;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code TensorProto} with its elements, which nobody changes.
 *
 * <p>Thread-safe.
 *
 * @param rows how many, at least 1
 * @param memory of all elements, little-endian; empty for strings
 * @param strings in order; none for other types
 */
record TensorFile(ElementType type, int rows, ByteBuffer memory, List<byte[]> strings) {
  static final int MOST_BYTES = 64 << 20;

  // Numbers of fields of ONNX's message.
  private static final int SIZES = 1;
  private static final int TYPE = 2;
  private static final int STRINGS = 6;
  private static final int RAW = 9;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is malformed, or of a type that columns lack
   */
  static TensorFile of(ByteBuffer bytes) {
    List<Long> sizes = new ArrayList<>();
    long number = 0;
    for (ProtoFields fields = new ProtoFields(bytes.duplicate()); fields.next(); ) {
      if (fields.field() == SIZES) {
        fields.numbers(sizes::add);
      } else if (fields.field() == TYPE) {
        number = fields.number();
      }
    }
    String type = "elements of type %d".formatted(number);
    ElementType column =
        OnnxType.numbered(number).orElseThrow(() -> new IllegalArgumentException(type)).column();
    int elements = elements(column, sizes);
    ByteBuffer memory =
        ByteBuffer.allocate(elements * column.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> strings = new ArrayList<>();
    boolean fits;
    try {
      read(bytes, column, memory, strings);
      fits = !memory.hasRemaining() && strings.size() == (column.bytes() == 0 ? elements : 0);
    } catch (BufferOverflowException more) {
      fits = false;
    }
    if (!fits) {
      throw new IllegalArgumentException("more or fewer elements than its sizes " + sizes);
    }
    return new TensorFile(column, Math.toIntExact(sizes.get(0)), memory, strings);
  }

  private static int elements(ElementType type, List<Long> sizes) {
    long most = MOST_BYTES / Math.max(1, type.bytes());
    long elements = sizes.isEmpty() ? 0 : 1;
    for (long size : sizes) {
      // No overflow: both are at most that.
      elements = size < 1 || size > most || elements > most ? 0 : elements * size;
    }
    if (elements < 1 || elements > most) {
      throw new IllegalArgumentException(
          "sizes %s (expected: rows first, each >= 1, and at most %d bytes in all)"
              .formatted(sizes, MOST_BYTES));
    }
    return (int) elements;
  }

  private static void read(
      ByteBuffer bytes, ElementType type, ByteBuffer memory, List<byte[]> strings) {
    int place =
        switch (type) {
          case FLOAT32 -> 4;
          case FLOAT64 -> 10;
          case INT64 -> 7;
          case UINT32, UINT64 -> 11;
          case STRING -> STRINGS;
          case FLOAT16, BFLOAT16, INT8, INT16, INT32, UINT8, UINT16, BOOL -> 5;
        };
    for (ProtoFields fields = new ProtoFields(bytes.duplicate()); fields.next(); ) {
      boolean placed = fields.field() == place;
      if (placed && type == ElementType.STRING) {
        byte[] string = new byte[fields.content().remaining()];
        fields.content().get(string);
        strings.add(string);
      } else if (fields.isBytes(RAW)
          || (placed && (type == ElementType.FLOAT32 || type == ElementType.FLOAT64))) {
        memory.put(fields.content());
      } else if (placed) {
        fields.numbers(number -> putLowBytes(memory, number, type.bytes()));
      }
    }
  }

  private static void putLowBytes(ByteBuffer memory, long number, int bytes) {
    for (int i = 0; i < bytes; i++) {
      memory.put((byte) (number >>> (i * Byte.SIZE)));
    }
  }

  /** The memory of a row, or its strings. */
  Object row(int row) {
    if (type == ElementType.STRING) {
      int width = strings.size() / rows;
      return strings.subList(row * width, (row + 1) * width);
    }
    byte[] elements = new byte[memory.capacity() / rows];
    memory.get(row * elements.length, elements);
    return elements;
  }
}
