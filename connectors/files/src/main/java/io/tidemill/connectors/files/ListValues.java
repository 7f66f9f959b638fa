package io.tidemill.connectors.files;

import java.util.Arrays;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.parquet.column.ColumnReader;

/** The elements of all lists of a column, one list after the other, which grow as they come. */
abstract sealed class ListValues implements ColumnVector {
  private boolean[] isNull = {};
  private boolean anyNull;

  /** Those of a type, without values. */
  static ListValues of(LogicalType element) {
    return switch (element.getTypeRoot()) {
      case FLOAT -> new Floats();
      case DOUBLE -> new Doubles();
      case INTEGER -> new Ints();
      case BIGINT -> new Longs();
      default ->
          throw new IllegalArgumentException(
              "list of %s (expected: FLOAT, DOUBLE, INT or BIGINT)".formatted(element));
    };
  }

  /** Forgets all values. */
  final void clear() {
    if (anyNull) {
      Arrays.fill(isNull, false);
      anyNull = false;
    }
  }

  /**
   * Takes the column's present value.
   *
   * @param index behind the last value
   * @param present whether it is no null
   */
  final void put(int index, ColumnReader column, boolean present) {
    ensure(index + 1);
    if (present) {
      set(index, column);
    } else {
      setNull(index);
    }
  }

  /**
   * Takes so many values of others of the same type.
   *
   * @param index behind the last value
   */
  final void put(int index, ListValues others, int count) {
    ensure(index + count);
    set(index, others, count);
    for (int i = 0; i < count; i++) {
      if (others.isNullAt(i)) {
        setNull(index + i);
      }
    }
  }

  private void ensure(int count) {
    if (count > isNull.length) {
      int capacity = Math.max(1024, 2 * count);
      isNull = Arrays.copyOf(isNull, capacity);
      grow(capacity);
    }
  }

  private void setNull(int index) {
    isNull[index] = true;
    anyNull = true;
  }

  @Override
  public final boolean isNullAt(int index) {
    return anyNull && isNull[index];
  }

  abstract void grow(int capacity);

  abstract void set(int index, ColumnReader column);

  abstract void set(int index, ListValues others, int count);

  private static final class Floats extends ListValues implements FloatColumnVector {
    private float[] values = {};

    @Override
    void grow(int capacity) {
      values = Arrays.copyOf(values, capacity);
    }

    @Override
    void set(int index, ColumnReader column) {
      values[index] = column.getFloat();
    }

    @Override
    void set(int index, ListValues others, int count) {
      System.arraycopy(((Floats) others).values, 0, values, index, count);
    }

    @Override
    public float getFloat(int index) {
      return values[index];
    }
  }

  private static final class Doubles extends ListValues implements DoubleColumnVector {
    private double[] values = {};

    @Override
    void grow(int capacity) {
      values = Arrays.copyOf(values, capacity);
    }

    @Override
    void set(int index, ColumnReader column) {
      values[index] = column.getDouble();
    }

    @Override
    void set(int index, ListValues others, int count) {
      System.arraycopy(((Doubles) others).values, 0, values, index, count);
    }

    @Override
    public double getDouble(int index) {
      return values[index];
    }
  }

  private static final class Ints extends ListValues implements IntColumnVector {
    private int[] values = {};

    @Override
    void grow(int capacity) {
      values = Arrays.copyOf(values, capacity);
    }

    @Override
    void set(int index, ColumnReader column) {
      values[index] = column.getInteger();
    }

    @Override
    void set(int index, ListValues others, int count) {
      System.arraycopy(((Ints) others).values, 0, values, index, count);
    }

    @Override
    public int getInt(int index) {
      return values[index];
    }
  }

  private static final class Longs extends ListValues implements LongColumnVector {
    private long[] values = {};

    @Override
    void grow(int capacity) {
      values = Arrays.copyOf(values, capacity);
    }

    @Override
    void set(int index, ColumnReader column) {
      values[index] = column.getLong();
    }

    @Override
    void set(int index, ListValues others, int count) {
      System.arraycopy(((Longs) others).values, 0, values, index, count);
    }

    @Override
    public long getLong(int index) {
      return values[index];
    }
  }
}
