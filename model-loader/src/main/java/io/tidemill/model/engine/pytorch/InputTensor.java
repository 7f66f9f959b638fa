package io.tidemill.model.engine.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.InputShape;
import java.nio.ByteBuffer;

/**
 * Makes the tensors of one input over the memory of that input's column. On a GPU they are copies,
 * in its memory.
 *
 * <p>Immutable and thread-safe.
 */
final class InputTensor {
  private final DataType type;
  private final InputShape shape;
  private final Device device;

  InputTensor(TensorSpec spec, Device device) {
    type = PyTorchTypes.of(spec.type()).orElseThrow();
    shape = new InputShape(spec);
    this.device = device;
  }

  /**
   * A tensor over the first rows of a column, which must stay as it is until the tensor is closed.
   *
   * @param manager closes the tensor with itself
   * @throws IllegalArgumentException if the column is not this input's
   */
  PtNDArray over(PtNDManager manager, Column column, int rows) {
    Shape sizes = new Shape(shape.over(column, rows));
    FixedWidthColumn values = (FixedWidthColumn) column;
    int bytes = Math.toIntExact(rows * values.spec().bytesPerRow());
    ByteBuffer memory = values.bytes().slice(0, bytes);
    return JniUtils.createNdFromByteBuffer(
        manager, memory, sizes, type, SparseFormat.DENSE, device);
  }
}
