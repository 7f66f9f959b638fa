package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.jni.TorchCalls;
import org.apache.arrow.memory.ForeignAllocation;

/**
 * The memory of an output tensor as Arrow accounts for it; the tensor goes when its buffer does.
 */
final class TensorMemory extends ForeignAllocation {
  private final long tensor;

  TensorMemory(long tensor, long bytes, long address) {
    super(bytes, address);
    this.tensor = tensor;
  }

  @Override
  protected void release0() {
    TorchCalls.deleteTensor(tensor);
  }
}
