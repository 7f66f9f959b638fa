package io.tidemill.model.engine.tensorflow;

import org.apache.arrow.memory.ForeignAllocation;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * The memory of an output tensor as Arrow accounts for it; the tensor goes when its buffer does.
 */
final class TensorMemory extends ForeignAllocation {
  private final TF_Tensor tensor;

  TensorMemory(TF_Tensor tensor, long bytes, long address) {
    super(bytes, address);
    this.tensor = tensor;
  }

  @Override
  protected void release0() {
    if (!tensor.isNull()) {
      tensorflow.TF_DeleteTensor(tensor);
      tensor.setNull();
    }
  }
}
