package io.tidemill.model.engine.tensorflow;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.util.List;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

class ZeroCopyITCase {
  private static final TensorSpec SPEC = TensorSpec.of("values", ElementType.FLOAT32, -1, 32);

  private BufferAllocator allocator;

  @BeforeAll
  static void startEngine() {
    TensorFlowLibrary.OF_PROCESS.start("test", null);
  }

  @BeforeEach
  void openAllocator() {
    allocator = ColumnMemory.child("test", Long.MAX_VALUE);
  }

  @AfterEach
  void closeAllocatorWithNothingOutstanding() {
    allocator.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 512, 100_000})
  void inputTensorIsTheColumnsMemory(int rows) {
    try (FixedWidthColumn column = FixedWidthColumn.allocate(allocator, SPEC.column(), rows);
        InputTensor input = new InputTensor(SPEC)) {
      TF_Tensor tensor = requireNonNull(input.over(column, rows));

      assertThat(tensorflow.TF_TensorData(tensor).address()).isEqualTo(column.address());
      assertThat(tensorflow.TF_TensorByteSize(tensor)).isEqualTo(rows * 32L * Float.BYTES);
      assertThat(input.over(column, rows)).isSameAs(tensor);
    }
  }

  /** Proves that the comparison above would notice a copy. */
  @Test
  void tensorOverMisalignedMemoryIsCopied() {
    ColumnSpec spec = SPEC.column();
    ArrowBuf owned = allocator.buffer(spec.bytesPerRow() + 128);
    long aligned = (owned.memoryAddress() + 63) / 64 * 64 - owned.memoryAddress();
    ArrowBuf misaligned = owned.slice(aligned + 4, spec.bytesPerRow());
    FixedWidthColumn column = FixedWidthColumn.wrap(spec, 1, misaligned);
    try (InputTensor input = new InputTensor(SPEC)) {
      TF_Tensor tensor = requireNonNull(input.over(column, 1));

      assertThat(tensorflow.TF_TensorData(tensor).address()).isNotEqualTo(column.address());

      column.setFloat(0, 7f);
      TF_Tensor next = requireNonNull(input.over(column, 1));
      assertThat(new FloatPointer(tensorflow.TF_TensorData(next)).get(0)).isEqualTo(7f);
    } finally {
      owned.close();
    }
  }

  @Test
  void outputColumnIsTheTensorsMemory() {
    TF_Tensor tensor =
        tensorflow.TF_AllocateTensor(tensorflow.TF_FLOAT, new long[] {4, 32}, 2, 4 * 32 * 4L);
    long address = tensorflow.TF_TensorData(tensor).address();
    try (ColumnBatch input = ColumnBatch.allocate(allocator, List.of(SPEC.column()), 4);
        ConstantTensors constants = new ConstantTensors(Loading.VERSION, List.of())) {
      long before = allocator.getAllocatedMemory();

      try (Column column =
          new OutputTensor(Loading.VERSION, SPEC).take(tensor, input, constants, allocator)) {
        assertThat(((FixedWidthColumn) column).address()).isEqualTo(address);
        assertThat(allocator.getAllocatedMemory() - before).isEqualTo(4 * 32 * 4L);
      }
      assertThat(tensor.isNull()).isTrue();
    }
  }

  @Test
  void outputWithoutRowsIsAnEmptyColumn() {
    TF_Tensor tensor = tensorflow.TF_AllocateTensor(tensorflow.TF_FLOAT, new long[] {0, 32}, 2, 0);
    try (ColumnBatch input = ColumnBatch.allocate(allocator, List.of(SPEC.column()), 4);
        ConstantTensors constants = new ConstantTensors(Loading.VERSION, List.of());
        Column column =
            new OutputTensor(Loading.VERSION, SPEC).take(tensor, input, constants, allocator)) {
      assertThat(column.capacity()).isZero();
    }
  }
}
