package io.tidemill.model.columnar;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.util.Float16;

/**
 * A column of numbers or booleans.
 *
 * <p>Element {@code e} of row {@code r} lies at index {@code r * elementsPerRow + e}; that index is
 * what the accessors take, so that a caller multiplies once per row. Every access is
 * bounds-checked. An allocated column starts at an address that is a multiple of {@value
 * #ALIGNMENT}, because engines copy tensors that are aligned less.
 *
 * <p>Not thread-safe.
 */
public final class FixedWidthColumn implements Column {
  /** Bytes that an allocated column's address is a multiple of. */
  public static final int ALIGNMENT = 64;

  private final ColumnSpec spec;
  private final int capacity;
  private final ArrowBuf owned;
  private final ArrowBuf values;
  private final ByteBuffer bytes;
  private final ShortBuffer shorts;
  private final FloatBuffer floats;
  private final DoubleBuffer doubles;
  private final IntBuffer ints;
  private final LongBuffer longs;
  private boolean closed;

  private FixedWidthColumn(ColumnSpec spec, int capacity, ArrowBuf owned, ArrowBuf values) {
    this.spec = spec;
    this.capacity = capacity;
    this.owned = owned;
    this.values = values;
    long size = capacity * spec.bytesPerRow();
    this.bytes = values.nioBuffer(0, (int) size).order(ByteOrder.nativeOrder());
    this.shorts = bytes.asShortBuffer();
    this.floats = bytes.asFloatBuffer();
    this.doubles = bytes.asDoubleBuffer();
    this.ints = bytes.asIntBuffer();
    this.longs = bytes.asLongBuffer();
  }

  /**
   * Allocates zeroed, aligned memory for {@code capacity} rows.
   *
   * @throws IllegalArgumentException if the spec is of strings or the column would pass 2 GiB
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  public static FixedWidthColumn allocate(
      BufferAllocator allocator, ColumnSpec spec, int capacity) {
    long size = checkedSize(spec, capacity);
    ArrowBuf owned = allocator.buffer(size + ALIGNMENT);
    try {
      long misaligned = owned.memoryAddress() & (ALIGNMENT - 1);
      ArrowBuf values = owned.slice(misaligned == 0 ? 0 : ALIGNMENT - misaligned, size);
      values.setZero(0, size);
      return new FixedWidthColumn(spec, capacity, owned, values);
    } catch (RuntimeException e) {
      owned.close();
      throw e;
    }
  }

  /**
   * Takes ownership of a buffer that an engine has filled with {@code rows} rows.
   *
   * @throws IllegalArgumentException if the buffer is smaller than the rows need; the buffer then
   *     stays the caller's
   */
  public static FixedWidthColumn wrap(ColumnSpec spec, int rows, ArrowBuf values) {
    long size = checkedSize(spec, rows);
    if (values.capacity() < size) {
      throw new IllegalArgumentException(
          "buffer of column '%s': %d bytes (expected: >= %d for %d rows)"
              .formatted(spec.name(), values.capacity(), size, rows));
    }
    return new FixedWidthColumn(spec, rows, values, values);
  }

  @Override
  public FixedWidthColumn rows(int from, int count) {
    long bytesPerRow = spec.bytesPerRow();
    ArrowBuf part = values.slice(from * bytesPerRow, count * bytesPerRow);
    FixedWidthColumn view = new FixedWidthColumn(spec, count, part, part);
    view.closed = true;
    return view;
  }

  @Override
  public void copy(int row, Column source, int from, int count) {
    long bytesPerRow = spec.bytesPerRow();
    ArrowBuf other = ((FixedWidthColumn) source).values;
    values.setBytes(row * bytesPerRow, other, from * bytesPerRow, count * bytesPerRow);
  }

  private static long checkedSize(ColumnSpec spec, int rows) {
    requireNonNull(spec, "spec");
    if (spec.type() == ElementType.STRING) {
      throw new IllegalArgumentException(
          "type of column '" + spec.name() + "': string (expected: a type of fixed width)");
    }
    long size = rows * spec.bytesPerRow();
    if (rows < 0 || size > Integer.MAX_VALUE - ALIGNMENT) {
      throw new IllegalArgumentException(
          "rows of column '%s': %d of %d bytes each (expected: >= 0 and below 2 GiB in all)"
              .formatted(spec.name(), rows, spec.bytesPerRow()));
    }
    return size;
  }

  @Override
  public ColumnSpec spec() {
    return spec;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  /** The address of row 0. The memory stays this column's. */
  public long address() {
    return values.memoryAddress();
  }

  /** The whole memory in native byte order, shared with this column; absolute access only. */
  public ByteBuffer bytes() {
    return bytes;
  }

  @Override
  public void reset() {}

  /** Makes rows zero from one (inclusive) to another (exclusive). */
  void clear(int from, int to) {
    long bytesPerRow = spec.bytesPerRow();
    values.setZero(from * bytesPerRow, (to - from) * bytesPerRow);
  }

  public void setFloat(int index, float value) {
    floats.put(index, value);
  }

  public void setFloats(int index, float[] source, int offset, int length) {
    floats.put(index, source, offset, length);
  }

  public float getFloat(int index) {
    return floats.get(index);
  }

  public void getFloats(int index, float[] target, int offset, int length) {
    floats.get(index, target, offset, length);
  }

  public void setDouble(int index, double value) {
    doubles.put(index, value);
  }

  public void setDoubles(int index, double[] source, int offset, int length) {
    doubles.put(index, source, offset, length);
  }

  public double getDouble(int index) {
    return doubles.get(index);
  }

  public void getDoubles(int index, double[] target, int offset, int length) {
    doubles.get(index, target, offset, length);
  }

  /** Writes the nearest that a type of half precision has. */
  public void setHalf(int index, float value) {
    shorts.put(
        index, spec.type() == ElementType.FLOAT16 ? Float16.toFloat16(value) : toBrainFloat(value));
  }

  /** The value of an element of a type of half precision. */
  public float getHalf(int index) {
    short half = shorts.get(index);
    return spec.type() == ElementType.FLOAT16
        ? Float16.toFloat(half)
        : Float.intBitsToFloat(half << Short.SIZE);
  }

  /** The nearest, and the even one of two that are as near. */
  private static short toBrainFloat(float value) {
    int bits = Float.floatToIntBits(value);
    return (short)
        (Float.isNaN(value)
            ? bits >>> Short.SIZE
            : (bits + 0x7fff + ((bits >>> Short.SIZE) & 1)) >>> Short.SIZE);
  }

  public void setShort(int index, short value) {
    shorts.put(index, value);
  }

  public short getShort(int index) {
    return shorts.get(index);
  }

  public void setInt(int index, int value) {
    ints.put(index, value);
  }

  public void setInts(int index, int[] source, int offset, int length) {
    ints.put(index, source, offset, length);
  }

  public int getInt(int index) {
    return ints.get(index);
  }

  public void getInts(int index, int[] target, int offset, int length) {
    ints.get(index, target, offset, length);
  }

  public void setLong(int index, long value) {
    longs.put(index, value);
  }

  public void setLongs(int index, long[] source, int offset, int length) {
    longs.put(index, source, offset, length);
  }

  public long getLong(int index) {
    return longs.get(index);
  }

  public void getLongs(int index, long[] target, int offset, int length) {
    longs.get(index, target, offset, length);
  }

  public void setByte(int index, byte value) {
    bytes.put(index, value);
  }

  public void setBytes(int index, byte[] source, int offset, int length) {
    bytes.put(index, source, offset, length);
  }

  public byte getByte(int index) {
    return bytes.get(index);
  }

  public void getBytes(int index, byte[] target, int offset, int length) {
    bytes.get(index, target, offset, length);
  }

  public void setBoolean(int index, boolean value) {
    bytes.put(index, value ? (byte) 1 : (byte) 0);
  }

  public boolean getBoolean(int index) {
    return bytes.get(index) != 0;
  }

  /**
   * One element as a number: a float's own value, or a whole number's; 0 or 1 for a boolean. Boxes,
   * and so is not for the way of a record.
   */
  public Number number(int index) {
    return switch (spec.type()) {
      case FLOAT32 -> floats.get(index);
      case FLOAT64 -> doubles.get(index);
      case FLOAT16, BFLOAT16 -> getHalf(index);
      case UINT64 -> longs.get(index) < 0 ? unsigned(longs.get(index)) : longs.get(index);
      case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, BOOL -> whole(index);
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    };
  }

  /**
   * One element of whole numbers or booleans; of {@link ElementType#UINT64}, which a long does not
   * hold, the bits.
   */
  public long whole(int index) {
    return switch (spec.type()) {
      case INT8 -> bytes.get(index);
      case UINT8, BOOL -> Byte.toUnsignedLong(bytes.get(index));
      case INT16 -> shorts.get(index);
      case UINT16 -> Short.toUnsignedLong(shorts.get(index));
      case INT32 -> ints.get(index);
      case UINT32 -> Integer.toUnsignedLong(ints.get(index));
      case INT64, UINT64 -> longs.get(index);
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, STRING -> throw notWhole();
    };
  }

  /** Writes one element of whole numbers or booleans: as many low bits as it has. */
  public void whole(int index, long value) {
    switch (spec.type()) {
      case INT8, UINT8, BOOL -> bytes.put(index, (byte) value);
      case INT16, UINT16 -> shorts.put(index, (short) value);
      case INT32, UINT32 -> ints.put(index, (int) value);
      case INT64, UINT64 -> longs.put(index, value);
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, STRING -> throw notWhole();
    }
  }

  private IllegalStateException notWhole() {
    return new IllegalStateException(
        "type of column '%s': %s (expected: whole numbers)"
            .formatted(spec.name(), spec.type().label()));
  }

  private static BigInteger unsigned(long bits) {
    return new BigInteger(Long.toUnsignedString(bits));
  }

  /**
   * Writes one element: the float that is nearest, or a whole number exactly.
   *
   * @throws IllegalArgumentException if the type does not hold the number
   */
  public void number(int index, Number value) {
    switch (spec.type()) {
      case FLOAT32 -> floats.put(index, value.floatValue());
      case FLOAT64 -> doubles.put(index, value.doubleValue());
      case FLOAT16, BFLOAT16 -> setHalf(index, value.floatValue());
      case INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL -> exactly(index, value);
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    }
  }

  private void exactly(int index, Number value) {
    BigInteger whole = exact(value);
    ElementType type = spec.type();
    if (whole.compareTo(type.min()) < 0 || whole.compareTo(type.max()) > 0) {
      throw new IllegalArgumentException(
          "%s for %s (expected: %s to %s)".formatted(value, type.label(), type.min(), type.max()));
    }
    whole(index, whole.longValue());
  }

  private BigInteger exact(Number value) {
    try {
      return new BigDecimal(value.toString()).toBigIntegerExact();
    } catch (ArithmeticException | NumberFormatException notWhole) {
      throw new IllegalArgumentException(
          "%s for %s (expected: a whole number)".formatted(value, spec.type().label()), notWhole);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      owned.close();
    }
  }
}
