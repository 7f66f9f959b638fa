package io.tidemill.inference.codec;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.math.BigDecimal;
import java.util.Arrays;
import org.apache.flink.table.data.ArrayData;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.columnar.vector.ArrayColumnVector;
import org.apache.flink.table.data.columnar.vector.BooleanColumnVector;
import org.apache.flink.table.data.columnar.vector.ByteColumnVector;
import org.apache.flink.table.data.columnar.vector.BytesColumnVector;
import org.apache.flink.table.data.columnar.vector.DecimalColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.data.columnar.vector.ShortColumnVector;
import org.jspecify.annotations.Nullable;

/**
 * The predictions of one call for one output field, copied off the output column at once so that
 * each record's result is only a reference and a row number.
 *
 * <p>Immutable once made; any thread may read it.
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; the array is what a column is.
interface PredictionColumn
    extends BooleanColumnVector,
        ByteColumnVector,
        ShortColumnVector,
        IntColumnVector,
        LongColumnVector,
        FloatColumnVector,
        DoubleColumnVector,
        DecimalColumnVector,
        BytesColumnVector,
        ArrayColumnVector {

  @Override
  default boolean isNullAt(int row) {
    return false;
  }

  @Override
  default boolean getBoolean(int row) {
    throw wrongType();
  }

  @Override
  default byte getByte(int row) {
    throw wrongType();
  }

  @Override
  default short getShort(int row) {
    throw wrongType();
  }

  @Override
  default int getInt(int row) {
    throw wrongType();
  }

  @Override
  default long getLong(int row) {
    throw wrongType();
  }

  @Override
  default float getFloat(int row) {
    throw wrongType();
  }

  @Override
  default double getDouble(int row) {
    throw wrongType();
  }

  default DecimalData getDecimal(int row) {
    throw wrongType();
  }

  @Override
  default DecimalData getDecimal(int row, int precision, int scale) {
    return getDecimal(row);
  }

  default StringData getString(int row) {
    throw wrongType();
  }

  @Override
  default BytesColumnVector.Bytes getBytes(int row) {
    byte[] value = getString(row).toBytes();
    return new BytesColumnVector.Bytes(value, 0, value.length);
  }

  default byte[] getBinary(int row) {
    throw wrongType();
  }

  @Override
  default ArrayData getArray(int row) {
    throw wrongType();
  }

  private ClassCastException wrongType() {
    return new ClassCastException(
        "prediction of " + getClass().getSimpleName() + " read as another type than its field's");
  }

  record Floats(float[] values, int width) implements PredictionColumn {
    static Floats of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      float[] values = new float[rows * width];
      column.getFloats(0, values, 0, values.length);
      return new Floats(values, width);
    }

    static Floats ofHalves(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      float[] values = new float[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = column.getHalf(i);
      }
      return new Floats(values, width);
    }

    @Override
    public float getFloat(int row) {
      return values[row];
    }

    @Override
    public ArrayData getArray(int row) {
      return new GenericArrayData(Arrays.copyOfRange(values, row * width, (row + 1) * width));
    }
  }

  record Doubles(double[] values, int width) implements PredictionColumn {
    static Doubles of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      double[] values = new double[rows * width];
      column.getDoubles(0, values, 0, values.length);
      return new Doubles(values, width);
    }

    @Override
    public double getDouble(int row) {
      return values[row];
    }

    @Override
    public ArrayData getArray(int row) {
      return new GenericArrayData(Arrays.copyOfRange(values, row * width, (row + 1) * width));
    }
  }

  record Ints(int[] values, int width) implements PredictionColumn {
    static Ints of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      int[] values = new int[rows * width];
      column.getInts(0, values, 0, values.length);
      return new Ints(values, width);
    }

    @Override
    public int getInt(int row) {
      return values[row];
    }

    @Override
    public ArrayData getArray(int row) {
      return new GenericArrayData(Arrays.copyOfRange(values, row * width, (row + 1) * width));
    }
  }

  record Longs(long[] values, int width) implements PredictionColumn {
    static Longs of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      long[] values = new long[rows * width];
      column.getLongs(0, values, 0, values.length);
      return new Longs(values, width);
    }

    @Override
    public long getLong(int row) {
      return values[row];
    }

    @Override
    public ArrayData getArray(int row) {
      return new GenericArrayData(Arrays.copyOfRange(values, row * width, (row + 1) * width));
    }
  }

  /**
   * Whole numbers of the types that no other column has; of unsigned ones with 64 bits the bits.
   */
  record Whole(long[] values, int width, ElementType type) implements PredictionColumn {
    static final int UINT64_DIGITS = 20;

    static Whole of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      long[] values = new long[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = column.whole(i);
      }
      return new Whole(values, width, column.spec().type());
    }

    @Override
    public byte getByte(int row) {
      return (byte) values[row];
    }

    @Override
    public short getShort(int row) {
      return (short) values[row];
    }

    @Override
    public int getInt(int row) {
      return (int) values[row];
    }

    @Override
    public long getLong(int row) {
      return values[row];
    }

    @Override
    public DecimalData getDecimal(int row) {
      return decimal(values[row]);
    }

    @Override
    public ArrayData getArray(int row) {
      Object[] elements = new Object[width];
      for (int i = 0; i < width; i++) {
        long value = values[row * width + i];
        elements[i] =
            switch (type) {
              case INT8 -> (Object) (byte) value;
              case INT16 -> (short) value;
              case UINT16 -> (int) value;
              case UINT64 -> decimal(value);
              default -> value;
            };
      }
      return new GenericArrayData(elements);
    }

    private static DecimalData decimal(long bits) {
      BigDecimal value = new BigDecimal(Long.toUnsignedString(bits));
      return requireNonNull(DecimalData.fromBigDecimal(value, UINT64_DIGITS, 0));
    }
  }

  /** Unsigned bytes and booleans, both one byte an element. */
  record Bytes(byte[] values, int width) implements PredictionColumn {
    static Bytes of(FixedWidthColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      byte[] values = new byte[rows * width];
      column.getBytes(0, values, 0, values.length);
      return new Bytes(values, width);
    }

    @Override
    public boolean getBoolean(int row) {
      return values[row] != 0;
    }

    @Override
    public short getShort(int row) {
      return (short) Byte.toUnsignedInt(values[row]);
    }

    @Override
    public byte[] getBinary(int row) {
      return Arrays.copyOfRange(values, row * width, (row + 1) * width);
    }

    @Override
    public BytesColumnVector.Bytes getBytes(int row) {
      return new BytesColumnVector.Bytes(values, row * width, width);
    }

    /** The row as booleans: a field of bytes is read by {@link #getBinary}. */
    @Override
    public ArrayData getArray(int row) {
      boolean[] flags = new boolean[width];
      for (int i = 0; i < width; i++) {
        flags[i] = values[row * width + i] != 0;
      }
      return new GenericArrayData(flags);
    }
  }

  record Strings(@Nullable StringData[] values, int width) implements PredictionColumn {
    static Strings of(StringColumn column, int rows) {
      int width = column.spec().elementsPerRow();
      StringData[] values = new StringData[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = StringData.fromBytes(column.get(i));
      }
      return new Strings(values, width);
    }

    /**
     * The label of each row's largest element, the first one where several are equal; null where
     * none of them is a number.
     */
    static Strings labels(float[] scores, StringData[] labels) {
      @Nullable StringData[] values = new StringData[scores.length / labels.length];
      for (int row = 0; row < values.length; row++) {
        int start = row * labels.length;
        float largest = Float.NaN;
        for (int i = 0; i < labels.length; i++) {
          float score = scores[start + i];
          if (score > largest || (Float.isNaN(largest) && !Float.isNaN(score))) {
            largest = score;
            values[row] = labels[i];
          }
        }
      }
      return new Strings(values, 1);
    }

    @Override
    public boolean isNullAt(int row) {
      return width == 1 && values[row] == null;
    }

    @Override
    @SuppressWarnings("NullAway") // Who reads a field has asked isNullAt before.
    public StringData getString(int row) {
      return values[row];
    }

    @Override
    public ArrayData getArray(int row) {
      return new GenericArrayData(
          (Object[]) Arrays.copyOfRange(values, row * width, (row + 1) * width));
    }
  }

  /** The label of each row's class, counted from 0. */
  record Classes(long[] values, StringData[] labels) implements PredictionColumn {
    /** Refuses the class of a row that has no label. */
    void check(int row) {
      if (values[row] < 0 || values[row] >= labels.length) {
        throw new UnfitRecordException(
            "class %d (expected: 0 to %d, as there are labels)"
                .formatted(values[row], labels.length - 1));
      }
    }

    /** Whether every row's class has one. */
    boolean allLabelled() {
      return Arrays.stream(values).allMatch(value -> value >= 0 && value < labels.length);
    }

    @Override
    public StringData getString(int row) {
      return labels[(int) values[row]];
    }
  }
}
