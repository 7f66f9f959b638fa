package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/** A type of elements that columns and TensorFlow have in common. */
enum TensorType {
  FLOAT(ElementType.FLOAT32, DataType.DT_FLOAT),
  DOUBLE(ElementType.FLOAT64, DataType.DT_DOUBLE),
  HALF(ElementType.FLOAT16, DataType.DT_HALF),
  BFLOAT16(ElementType.BFLOAT16, DataType.DT_BFLOAT16),
  INT8(ElementType.INT8, DataType.DT_INT8),
  INT16(ElementType.INT16, DataType.DT_INT16),
  INT32(ElementType.INT32, DataType.DT_INT32),
  INT64(ElementType.INT64, DataType.DT_INT64),
  UINT8(ElementType.UINT8, DataType.DT_UINT8),
  UINT16(ElementType.UINT16, DataType.DT_UINT16),
  UINT32(ElementType.UINT32, DataType.DT_UINT32),
  UINT64(ElementType.UINT64, DataType.DT_UINT64),
  BOOL(ElementType.BOOL, DataType.DT_BOOL),
  STRING(ElementType.STRING, DataType.DT_STRING);

  private final ElementType column;
  private final int number;

  TensorType(ElementType column, DataType type) {
    this.column = column;
    number = type.getNumber();
  }

  /** TensorFlow's number for a column's type. */
  static int number(ElementType column) {
    return Arrays.stream(values())
        .filter(type -> type.column == column)
        .findFirst()
        .orElseThrow()
        .number;
  }

  /** The column's type for TensorFlow's number; null where columns have none. */
  static @Nullable ElementType column(int number) {
    return Arrays.stream(values())
        .filter(type -> type.number == number)
        .map(type -> type.column)
        .findFirst()
        .orElse(null);
  }

  /** A column's label where there is one, else TensorFlow's own. */
  static String label(int number) {
    ElementType column = column(number);
    return column != null
        ? column.label()
        : Optional.ofNullable(DataType.forNumber(number))
            .map(Enum::name)
            .orElseGet(() -> "type " + number);
  }
}
