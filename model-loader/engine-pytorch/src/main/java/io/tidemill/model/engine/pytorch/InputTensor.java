package io.tidemill.model.engine.pytorch;

import ai.djl.Device;
import ai.djl.pytorch.engine.PtDeviceType;
import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.InputShape;

/**
 * Makes the tensors of one input over the memory of that input's column. On a GPU they are copies,
 * in its memory.
 *
 * <p>Immutable and thread-safe.
 */
final class InputTensor {
  private final int type;
  private final InputShape shape;
  private final int[] device;

  InputTensor(TensorSpec spec, Device device) {
    type = TensorType.number(spec.type());
    shape = new InputShape(spec);
    this.device = new int[] {PtDeviceType.toDeviceType(device), device.getDeviceId()};
  }

  /**
   * The sizes of the tensor over the first rows of a column.
   *
   * @throws IllegalArgumentException if the column is not this input's
   */
  long[] sizes(Column column, int rows) {
    return shape.over(column, rows);
  }

  /**
   * A tensor over a column's memory, which must stay as it is while the tensor is read.
   *
   * @param sizes {@linkplain #sizes of} this column
   * @return the tensor's handle, the caller's to delete
   */
  long over(FixedWidthColumn column, long[] sizes) {
    return TorchCalls.tensorOver(column.bytes(), sizes, type, device);
  }
}
