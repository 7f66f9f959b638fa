package io.tidemill.model.engine.pytorch;

import ai.djl.ndarray.types.DataType;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A type of elements that columns and DJL's bridge to PyTorch have in common. Of any other the
 * bridge ends the process, bfloat16 and int16 among them.
 */
enum TensorType {
  FLOAT32(DataType.FLOAT32),
  FLOAT64(DataType.FLOAT64),
  FLOAT16(DataType.FLOAT16),
  INT8(DataType.INT8),
  INT32(DataType.INT32),
  INT64(DataType.INT64),
  UINT8(DataType.UINT8),
  BOOL(DataType.BOOLEAN);

  private static final String[] LABELS =
      Arrays.stream(DataType.values()).map(TensorType::label).toArray(String[]::new);

  private final DataType djl;

  TensorType(DataType djl) {
    this.djl = djl;
  }

  /** The number by which DJL's bridge knows a column's type, of which tensors must have one. */
  @SuppressWarnings("EnumOrdinal") // It is the ordinal that DJL hands over.
  static int number(ElementType column) {
    return valueOf(column.name()).djl.ordinal();
  }

  /**
   * A column's label where there is one, else DJL's own.
   *
   * @param type DJL's {@linkplain #number number}
   */
  static String label(int type) {
    return LABELS[type];
  }

  private static String label(DataType djl) {
    Optional<String> column =
        Arrays.stream(values())
            .filter(type -> type.djl == djl)
            .map(type -> ElementType.valueOf(type.name()).label())
            .findFirst();
    return column.orElseGet(() -> djl.name().toLowerCase(Locale.ROOT));
  }
}
