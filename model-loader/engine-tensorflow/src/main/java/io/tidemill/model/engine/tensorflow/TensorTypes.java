package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.columnar.ElementType;
import java.util.Optional;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.DataType;

/** TensorFlow's numbers for the element types of columns. */
final class TensorTypes {
  private TensorTypes() {}

  static int number(ElementType type) {
    return switch (type) {
      case FLOAT32 -> tensorflow.TF_FLOAT;
      case FLOAT64 -> tensorflow.TF_DOUBLE;
      case INT32 -> tensorflow.TF_INT32;
      case INT64 -> tensorflow.TF_INT64;
      case UINT8 -> tensorflow.TF_UINT8;
      case BOOL -> tensorflow.TF_BOOL;
      case STRING -> tensorflow.TF_STRING;
    };
  }

  /** The label of a TensorFlow type: a column's where there is one, else TensorFlow's own. */
  static String label(int number) {
    for (ElementType type : ElementType.values()) {
      if (number(type) == number) {
        return type.label();
      }
    }
    return Optional.ofNullable(DataType.forNumber(number))
        .map(Enum::name)
        .orElseGet(() -> "type " + number);
  }
}
