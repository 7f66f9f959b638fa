package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import io.tidemill.model.columnar.ElementType;
import java.util.Locale;
import java.util.Optional;

/** ONNX Runtime's names for the element types of columns. */
final class OnnxTypes {
  private OnnxTypes() {}

  static OnnxJavaType of(ElementType type) {
    return switch (type) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case UINT8 -> OnnxJavaType.UINT8;
      case BOOL -> OnnxJavaType.BOOL;
      case STRING -> OnnxJavaType.STRING;
    };
  }

  /** The column's type for a tensor, or empty where columns have none. */
  static Optional<ElementType> elementType(TensorInfo tensor) {
    // ONNX Runtime reads unsigned integers of more than 8 bits as signed ones.
    return switch (tensor.onnxType) {
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> Optional.of(ElementType.FLOAT32);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> Optional.of(ElementType.FLOAT64);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> Optional.of(ElementType.INT32);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> Optional.of(ElementType.INT64);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> Optional.of(ElementType.UINT8);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> Optional.of(ElementType.BOOL);
      case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> Optional.of(ElementType.STRING);
      default -> Optional.empty();
    };
  }

  /** A column's label where there is one, else ONNX's own. */
  static String label(TensorInfo tensor) {
    return elementType(tensor)
        .map(ElementType::label)
        .orElseGet(
            () ->
                tensor
                    .onnxType
                    .name()
                    .replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "")
                    .toLowerCase(Locale.ROOT));
  }
}
