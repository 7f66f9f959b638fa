package io.tidemill.model.engine;

import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.StringColumn;
import java.math.BigInteger;
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
      if (type == ElementType.STRING) {
        byte[] bytes = string(i + offset).getBytes(StandardCharsets.UTF_8);
        batch.strings(0).append(bytes, 0, bytes.length);
      } else {
        batch.fixedWidth(0).number(i, number(type, i + offset));
      }
    }
    batch.rows(rows);
  }

  /** Of unsigned types numbers that the signed ones of their width do not have. */
  static Number number(ElementType type, int value) {
    return switch (type) {
      case FLOAT32, FLOAT16, BFLOAT16 -> (float) value;
      case FLOAT64 -> (double) value;
      case INT8, INT16 -> (long) value - 20;
      case INT32, INT64 -> (long) value;
      case UINT8 -> (value + 200L) % 256;
      case UINT16 -> value + 65_000L;
      case UINT32 -> value + 4_000_000_000L;
      case UINT64 -> BigInteger.ONE.shiftLeft(63).add(BigInteger.valueOf(value));
      case BOOL -> value % 2 == 0 ? 1L : 0L;
      case STRING -> throw new IllegalArgumentException("a string");
    };
  }

  /** What {@link #write} writes at an element whose index and offset come to {@code value}. */
  public static Object expected(ElementType type, int value) {
    return type == ElementType.STRING ? string(value) : number(type, value);
  }

  public static Object read(ColumnBatch batch, ElementType type, int index) {
    return type == ElementType.STRING
        ? text(batch.strings(0), index)
        : batch.fixedWidth(0).number(index);
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
