package io.tidemill.model.engine.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.CountingAllocator;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.util.MemoryUtil;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchZeroCopyITCase {
  private static final TensorSpec SPEC = TensorSpec.of("values", ElementType.FLOAT32, -1, 32);
  private static Engine engine;

  @TempDir Path directory;
  @RegisterExtension final CountingAllocator allocator = new CountingAllocator();

  @BeforeAll
  static void startEngine() {
    engine = PyTorchLibrary.OF_PROCESS.start("test", null);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 512, 100_000})
  void inputTensorIsTheColumnsMemory(int rows) {
    InputTensor input = new InputTensor(SPEC, Device.cpu());
    try (FixedWidthColumn column =
        FixedWidthColumn.allocate(allocator.get(), SPEC.column(), rows)) {
      long tensor = input.over(column, input.sizes(column, rows));

      assertThat(address(tensor)).isEqualTo(column.address());
      TorchCalls.deleteTensor(tensor);
    }
  }

  /** Proves that the comparison above would notice a copy. */
  @Test
  void copyOfATensorHasMemoryOfItsOwn() {
    InputTensor input = new InputTensor(SPEC, Device.cpu());
    try (PtNDManager tensors = (PtNDManager) engine.newBaseManager(Device.cpu());
        FixedWidthColumn column = FixedWidthColumn.allocate(allocator.get(), SPEC.column(), 1)) {
      PtNDArray tensor = new PtNDArray(tensors, input.over(column, input.sizes(column, 1)));

      assertThat(address(((PtNDArray) tensor.duplicate()).getHandle()))
          .isNotEqualTo(column.address());
    }
  }

  @Test
  void frameIsOfOnePlaceOnly() {
    InputTensor[] inputs = {new InputTensor(SPEC, Device.cpu())};
    try (ColumnBatch batch = ColumnBatch.allocate(allocator.get(), List.of(SPEC.column()), 4);
        ColumnBatch other = ColumnBatch.allocate(allocator.get(), List.of(SPEC.column()), 4)) {
      batch.rows(4);
      other.rows(4);
      try (CallFrame frame = CallFrame.over(inputs, batch)) {
        assertThat(frame.place().isOf(batch)).isTrue();
        assertThat(frame.place().isOf(other)).isFalse();
        batch.rows(3);
        assertThat(frame.place().isOf(batch)).isFalse();
      }
    }
  }

  @Test
  void outputColumnIsTheTensorsMemoryAndKeepsItAfterTheCall() {
    Signature signature = TorchScripts.reverse(directory, ElementType.FLOAT32);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      input.fixedWidth(0).setFloat(11, 5f);
      input.rows(4);
      long before = allocator.get().getAllocatedMemory();
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        model.predict(input, allocator.get()).close();

        // Arrow's own buffers are rounded up to a power of two.
        assertThat(allocator.get().getAllocatedMemory() - before).isEqualTo(4 * 3 * 4L);
        assertThat(output.fixedWidth(0).getFloat(9)).isEqualTo(5f);
      }
    }
  }

  private static long address(long tensor) {
    return MemoryUtil.getByteBufferAddress(TorchCalls.memory(tensor));
  }
}
