package io.tidemill.model.engine.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.engine.InputShape;
import java.nio.charset.StandardCharsets;

/**
 * Makes the tensors of one input over the memory of that input's column. Only strings are copied:
 * ONNX Runtime keeps each in an object of its own.
 *
 * <p>Immutable and thread-safe.
 */
final class InputTensor {
  private final String name;
  private final OnnxType type;
  private final InputShape shape;

  InputTensor(TensorSpec spec) {
    name = spec.name();
    type = OnnxType.of(spec.type());
    shape = new InputShape(spec);
  }

  String name() {
    return name;
  }

  /**
   * A tensor over the first rows of a column, which must stay as it is until the tensor is closed.
   *
   * @return the tensor, the caller's to close
   * @throws IllegalArgumentException if the column is not this input's
   */
  OnnxTensor over(OrtEnvironment environment, Column column, int rows) throws OrtException {
    return over(environment, column, rows, shape.over(column, rows), type);
  }

  /** A tensor of these sizes over the first rows of a column. */
  static OnnxTensor over(
      OrtEnvironment environment, Column column, int rows, long[] sizes, OnnxType type)
      throws OrtException {
    if (column instanceof FixedWidthColumn values) {
      int bytes = Math.toIntExact(rows * values.spec().bytesPerRow());
      return type.over(environment, values.bytes().slice(0, bytes), sizes);
    }
    return OnnxTensor.createTensor(environment, strings((StringColumn) column, rows), sizes);
  }

  private static String[] strings(StringColumn column, int rows) {
    String[] strings = new String[rows * column.spec().elementsPerRow()];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = new String(column.get(i), StandardCharsets.UTF_8);
    }
    return strings;
  }
}
