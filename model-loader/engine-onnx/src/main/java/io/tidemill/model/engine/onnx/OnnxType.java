package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import io.tidemill.model.columnar.ElementType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * A type of elements that columns and ONNX have in common. ONNX Runtime reads unsigned integers of
 * more than 8 bits as signed ones, so those are not among them.
 */
enum OnnxType {
  FLOAT(ElementType.FLOAT32, OnnxJavaType.FLOAT),
  DOUBLE(ElementType.FLOAT64, OnnxJavaType.DOUBLE),
  INT32(ElementType.INT32, OnnxJavaType.INT32),
  INT64(ElementType.INT64, OnnxJavaType.INT64),
  UINT8(ElementType.UINT8, OnnxJavaType.UINT8),
  BOOL(ElementType.BOOL, OnnxJavaType.BOOL),
  STRING(ElementType.STRING, OnnxJavaType.STRING);

  private static final String PREFIX = "ONNX_TENSOR_ELEMENT_DATA_TYPE_";

  private final ElementType column;
  private final OnnxJavaType java;
  private final OnnxTensorType onnx;

  OnnxType(ElementType column, OnnxJavaType java) {
    this.column = column;
    this.java = java;
    onnx = OnnxTensorType.valueOf(PREFIX + name());
  }

  /** ONNX Runtime's type for a column's. */
  static OnnxJavaType of(ElementType column) {
    return Arrays.stream(values())
        .filter(type -> type.column == column)
        .findFirst()
        .orElseThrow()
        .java;
  }

  /** The column's type for a tensor, or empty where columns have none. */
  static Optional<ElementType> column(TensorInfo tensor) {
    return Arrays.stream(values())
        .filter(type -> type.onnx == tensor.onnxType)
        .map(type -> type.column)
        .findFirst();
  }

  /** A column's label where there is one, else ONNX's own. */
  static String label(TensorInfo tensor) {
    return column(tensor)
        .map(ElementType::label)
        .orElseGet(() -> tensor.onnxType.name().replace(PREFIX, "").toLowerCase(Locale.ROOT));
  }
}
