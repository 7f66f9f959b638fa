package io.tidemill.connectors.files;

import java.nio.ByteBuffer;
import org.apache.flink.table.data.columnar.vector.ColumnVector;
import org.apache.flink.table.data.columnar.vector.DoubleColumnVector;
import org.apache.flink.table.data.columnar.vector.FloatColumnVector;
import org.apache.flink.table.data.columnar.vector.IntColumnVector;
import org.apache.flink.table.data.columnar.vector.LongColumnVector;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.parquet.column.statistics.Statistics;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a column, as one kind of vector has them, on their way into a page, and the range
 * of those that have gone there. Not thread-safe.
 */
abstract sealed class Numbers {
  /**
   * Those of a type, which lie in Parquet as they do in memory.
   *
   * @return null for any other type
   */
  static @Nullable Numbers of(LogicalType type) {
    return switch (type.getTypeRoot()) {
      case INTEGER -> new Ints();
      case BIGINT -> new Longs();
      case FLOAT -> new Floats();
      case DOUBLE -> new Doubles();
      default -> null;
    };
  }

  /** The bytes of one. */
  abstract int width();

  /** Puts those of the rows {@code [from, to)}, none of which is null, and widens the range. */
  abstract void put(ColumnVector vector, int from, int to, ByteBuffer into);

  /** What tells this one from others. */
  abstract long bits(ColumnVector vector, int row);

  /** Adds the range, which has some. */
  abstract void addRange(Statistics<?> statistics);

  /** Begins a range that has none. */
  abstract void clearRange();

  /** Their range is that of {@code long}. */
  private abstract static sealed class Whole extends Numbers {
    long least = Long.MAX_VALUE;
    long greatest = Long.MIN_VALUE;

    @Override
    final void clearRange() {
      least = Long.MAX_VALUE;
      greatest = Long.MIN_VALUE;
    }
  }

  /** Their range is in Parquet's order, which has NaN above all others. */
  private abstract static sealed class Fractions extends Numbers {
    double least = Double.NaN;
    double greatest = Double.NEGATIVE_INFINITY;

    @Override
    final void clearRange() {
      least = Double.NaN;
      greatest = Double.NEGATIVE_INFINITY;
    }
  }

  private static final class Ints extends Whole {
    @Override
    int width() {
      return Integer.BYTES;
    }

    @Override
    void put(ColumnVector vector, int from, int to, ByteBuffer into) {
      IntColumnVector values = (IntColumnVector) vector;
      long min = least;
      long max = greatest;
      for (int i = from; i < to; i++) {
        int value = values.getInt(i);
        into.putInt(value);
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      least = min;
      greatest = max;
    }

    @Override
    long bits(ColumnVector vector, int row) {
      return ((IntColumnVector) vector).getInt(row);
    }

    @Override
    void addRange(Statistics<?> statistics) {
      statistics.updateStats((int) least);
      statistics.updateStats((int) greatest);
    }
  }

  private static final class Longs extends Whole {
    @Override
    int width() {
      return Long.BYTES;
    }

    @Override
    void put(ColumnVector vector, int from, int to, ByteBuffer into) {
      LongColumnVector values = (LongColumnVector) vector;
      long min = least;
      long max = greatest;
      for (int i = from; i < to; i++) {
        long value = values.getLong(i);
        into.putLong(value);
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
      least = min;
      greatest = max;
    }

    @Override
    long bits(ColumnVector vector, int row) {
      return ((LongColumnVector) vector).getLong(row);
    }

    @Override
    void addRange(Statistics<?> statistics) {
      statistics.updateStats(least);
      statistics.updateStats(greatest);
    }
  }

  private static final class Floats extends Fractions {
    @Override
    int width() {
      return Float.BYTES;
    }

    @Override
    void put(ColumnVector vector, int from, int to, ByteBuffer into) {
      FloatColumnVector values = (FloatColumnVector) vector;
      double min = least;
      double max = greatest;
      for (int i = from; i < to; i++) {
        float value = values.getFloat(i);
        into.putFloat(value);
        min = Double.compare(value, min) < 0 ? value : min;
        max = Double.compare(value, max) > 0 ? value : max;
      }
      least = min;
      greatest = max;
    }

    @Override
    long bits(ColumnVector vector, int row) {
      return Float.floatToRawIntBits(((FloatColumnVector) vector).getFloat(row));
    }

    @Override
    void addRange(Statistics<?> statistics) {
      statistics.updateStats((float) least);
      statistics.updateStats((float) greatest);
    }
  }

  private static final class Doubles extends Fractions {
    @Override
    int width() {
      return Double.BYTES;
    }

    @Override
    void put(ColumnVector vector, int from, int to, ByteBuffer into) {
      DoubleColumnVector values = (DoubleColumnVector) vector;
      double min = least;
      double max = greatest;
      for (int i = from; i < to; i++) {
        double value = values.getDouble(i);
        into.putDouble(value);
        min = Double.compare(value, min) < 0 ? value : min;
        max = Double.compare(value, max) > 0 ? value : max;
      }
      least = min;
      greatest = max;
    }

    @Override
    long bits(ColumnVector vector, int row) {
      return Double.doubleToRawLongBits(((DoubleColumnVector) vector).getDouble(row));
    }

    @Override
    void addRange(Statistics<?> statistics) {
      statistics.updateStats(least);
      statistics.updateStats(greatest);
    }
  }
}
