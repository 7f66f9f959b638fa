package io.tidemill.model.engine.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.util.List;
import org.apache.arrow.memory.util.MemoryUtil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchZeroCopyITCase {
  private static final TensorSpec SPEC = TensorSpec.of("values", ElementType.FLOAT32, -1, 32);
  private static Engine engine;

  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  @BeforeAll
  static void startEngine() {
    engine = PyTorchEngine.start();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 512, 100_000})
  void inputTensorIsTheColumnsMemory(int rows) {
    InputTensor input = new InputTensor(SPEC, Device.cpu());
    try (PtNDManager tensors = manager();
        FixedWidthColumn column = FixedWidthColumn.allocate(allocator.get(), SPEC.column(), rows)) {
      PtNDArray tensor = input.over(tensors, column, rows);

      assertThat(address(tensor)).isEqualTo(column.address());
    }
  }

  /** Proves that the comparison above would notice a copy. */
  @Test
  void copyOfATensorHasMemoryOfItsOwn() {
    InputTensor input = new InputTensor(SPEC, Device.cpu());
    try (PtNDManager tensors = manager();
        FixedWidthColumn column = FixedWidthColumn.allocate(allocator.get(), SPEC.column(), 1)) {
      PtNDArray copy = (PtNDArray) input.over(tensors, column, 1).duplicate();

      assertThat(address(copy)).isNotEqualTo(column.address());
    }
  }

  @Test
  void outputColumnIsTheTensorsMemoryAndKeepsItAfterTheCall() {
    PtNDManager tensors = manager();
    try (ColumnBatch input = ColumnBatch.allocate(allocator.get(), List.of(SPEC.column()), 4)) {
      long before = allocator.get().getAllocatedMemory();
      PtNDArray tensor = (PtNDArray) tensors.ones(new Shape(4, 32));
      long address = address(tensor);
      FixedWidthColumn column;
      try (CallMemory call = new CallMemory(tensors)) {
        column = new OutputTensor(Loading.VERSION, SPEC).take(tensor, call, input, allocator.get());
      }

      assertThat(column.address()).isEqualTo(address);
      assertThat(column.getFloat(127)).isEqualTo(1f);
      assertThat(allocator.get().getAllocatedMemory() - before).isEqualTo(4 * 32 * 4L);
      assertThat(tensors.isOpen()).isTrue();

      column.close();
      assertThat(tensors.isOpen()).isFalse();
    }
  }

  private static PtNDManager manager() {
    return (PtNDManager) engine.newBaseManager(Device.cpu());
  }

  private static long address(PtNDArray tensor) {
    return MemoryUtil.getByteBufferAddress(JniUtils.getByteBuffer(tensor, true));
  }
}
