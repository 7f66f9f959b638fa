package io.tidemill.model.engine.pytorch;

import ai.djl.ndarray.types.DataType;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** DJL's names for the element types of columns. */
final class PyTorchTypes {
  private static final String[] LABELS =
      Arrays.stream(DataType.values()).map(PyTorchTypes::label).toArray(String[]::new);

  private PyTorchTypes() {}

  /** The tensor's type for a column, or empty where tensors have none. */
  static Optional<DataType> of(ElementType type) {
    return switch (type) {
      case FLOAT32 -> Optional.of(DataType.FLOAT32);
      case FLOAT64 -> Optional.of(DataType.FLOAT64);
      case INT32 -> Optional.of(DataType.INT32);
      case INT64 -> Optional.of(DataType.INT64);
      case UINT8 -> Optional.of(DataType.UINT8);
      case BOOL -> Optional.of(DataType.BOOLEAN);
      case STRING -> Optional.empty();
    };
  }

  /** The number by which DJL's bridge knows a column's type, of which tensors must have one. */
  @SuppressWarnings("EnumOrdinal") // It is the ordinal that DJL hands over.
  static int number(ElementType type) {
    return of(type).orElseThrow().ordinal();
  }

  /**
   * A column's label where there is one, else DJL's own.
   *
   * @param type DJL's {@linkplain #number number}
   */
  static String label(int type) {
    return LABELS[type];
  }

  private static String label(DataType type) {
    for (ElementType element : ElementType.values()) {
      if (of(element).filter(type::equals).isPresent()) {
        return element.label();
      }
    }
    return type.name().toLowerCase(Locale.ROOT);
  }
}
