package io.tidemill.model.engine;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.StringColumn;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Distinct values of every element type, which tests write into columns and expect back. */
public final class TypedValues {
  private static final long SEED = 7;

  private TypedValues() {}

  /** Fills the first rows, of three elements each, of the first column. */
  public static void write(ColumnBatch batch, ElementType type, int rows, int offset) {
    batch.reset();
    for (int i = 0; i < rows * 3; i++) {
      int value = i + offset;
      switch (type) {
        case FLOAT32 -> batch.fixedWidth(0).setFloat(i, value);
        case FLOAT64 -> batch.fixedWidth(0).setDouble(i, value);
        case INT32 -> batch.fixedWidth(0).setInt(i, value);
        case INT64 -> batch.fixedWidth(0).setLong(i, value);
        case UINT8 -> batch.fixedWidth(0).setByte(i, (byte) (value + 200));
        case BOOL -> batch.fixedWidth(0).setBoolean(i, value % 2 == 0);
        case STRING -> {
          byte[] bytes = string(value).getBytes(StandardCharsets.UTF_8);
          batch.strings(0).append(bytes, 0, bytes.length);
        }
      }
    }
    batch.rows(rows);
  }

  /** What {@link #write} writes at an element whose index and offset come to {@code value}. */
  public static Object expected(ElementType type, int value) {
    return switch (type) {
      case FLOAT32 -> (float) value;
      case FLOAT64 -> (double) value;
      case INT32 -> value;
      case INT64 -> (long) value;
      case UINT8 -> (byte) (value + 200);
      case BOOL -> value % 2 == 0;
      case STRING -> string(value);
    };
  }

  public static Object read(ColumnBatch batch, ElementType type, int index) {
    return switch (type) {
      case FLOAT32 -> batch.fixedWidth(0).getFloat(index);
      case FLOAT64 -> batch.fixedWidth(0).getDouble(index);
      case INT32 -> batch.fixedWidth(0).getInt(index);
      case INT64 -> batch.fixedWidth(0).getLong(index);
      case UINT8 -> batch.fixedWidth(0).getByte(index);
      case BOOL -> batch.fixedWidth(0).getBoolean(index);
      case STRING -> text(batch.strings(0), index);
    };
  }

  public static String text(StringColumn column, int element) {
    return new String(column.get(element), StandardCharsets.UTF_8);
  }

  /** Some empty, some longer than what engines keep inside a string's own structure. */
  private static String string(int value) {
    return "é".repeat(value % 31) + (value % 31 == 0 ? "" : value);
  }

  /** The same at every run. */
  public static float[] randomFloats(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
