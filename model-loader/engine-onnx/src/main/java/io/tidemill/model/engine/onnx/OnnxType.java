package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import ai.onnxruntime.UnsignedTensors;
import io.tidemill.model.columnar.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** A type of elements that columns and ONNX have in common. */
enum OnnxType {
  FLOAT(ElementType.FLOAT32, 1),
  DOUBLE(ElementType.FLOAT64, 11),
  FLOAT16(ElementType.FLOAT16, 10),
  BFLOAT16(ElementType.BFLOAT16, 16),
  INT8(ElementType.INT8, 3),
  INT16(ElementType.INT16, 5),
  INT32(ElementType.INT32, 6),
  INT64(ElementType.INT64, 7),
  UINT8(ElementType.UINT8, 2),
  UINT16(ElementType.UINT16, 4),
  UINT32(ElementType.UINT32, 12),
  UINT64(ElementType.UINT64, 13),
  BOOL(ElementType.BOOL, 9),
  STRING(ElementType.STRING, 8);

  private static final String PREFIX = "ONNX_TENSOR_ELEMENT_DATA_TYPE_";

  private final ElementType column;
  private final int number;
  private final OnnxTensorType onnx;
  private final OnnxJavaType java;

  OnnxType(ElementType column, int number) {
    this.column = column;
    this.number = number;
    onnx = OnnxTensorType.valueOf(PREFIX + name());
    java = OnnxJavaType.mapFromOnnxTensorType(onnx);
  }

  /** Its number in ONNX's files. */
  int number() {
    return number;
  }

  /** The type of this number in ONNX's files; empty where columns have none. */
  static Optional<OnnxType> numbered(long number) {
    return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
  }

  /** The column's type. */
  ElementType column() {
    return column;
  }

  /** ONNX's type for a column's. */
  static OnnxType of(ElementType column) {
    return Arrays.stream(values()).filter(type -> type.column == column).findFirst().orElseThrow();
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

  /** A tensor over all of a direct buffer, which must outlive it; not of strings. */
  OnnxTensor over(OrtEnvironment environment, ByteBuffer memory, long[] sizes) throws OrtException {
    return OnnxTensorType.mapFromJavaType(java) == onnx
        ? OnnxTensor.createTensor(environment, memory, sizes, java)
        : UnsignedTensors.over(environment, memory, sizes, onnx);
  }
}
