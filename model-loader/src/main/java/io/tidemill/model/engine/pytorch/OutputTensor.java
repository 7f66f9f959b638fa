package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.OutputShape;
import java.nio.ByteBuffer;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * Turns the tensors of one output into columns.
 *
 * <p>A column is the tensor's memory itself. It is a copy only where it must be: of a tensor on a
 * GPU, of one whose elements do not lie one after another, and of one that a model handed through
 * from its input, whose memory the caller writes into again.
 *
 * <p>Immutable and thread-safe.
 */
final class OutputTensor {
  private final OutputShape shape;
  private final String name;

  OutputTensor(ModelVersion version, TensorSpec spec) {
    shape = new OutputShape(version, spec);
    name = spec.name();
  }

  String name() {
    return name;
  }

  /**
   * The tensor as a column with as many rows as it has.
   *
   * @throws io.tidemill.model.ModelCallException if it is not what the signature says
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  FixedWidthColumn take(
      PtNDArray tensor, CallMemory call, ColumnBatch input, BufferAllocator allocator) {
    long[] sizes = tensor.getShape().getShape();
    ColumnSpec column = shape.of(PyTorchTypes.label(tensor.getDataType()), sizes);
    int rows = Math.toIntExact(sizes[0]);
    if (rows == 0) {
      return FixedWidthColumn.allocate(allocator, column, 0);
    }
    ByteBuffer memory = JniUtils.getByteBuffer(tensor, true);
    if (isInputMemory(memory, input)) {
      FixedWidthColumn copy = FixedWidthColumn.allocate(allocator, column, rows);
      copy.bytes().put(0, memory, 0, memory.remaining());
      return copy;
    }
    ArrowBuf buffer = call.share(memory, allocator);
    try {
      return FixedWidthColumn.wrap(column, rows, buffer);
    } catch (RuntimeException e) {
      buffer.close();
      throw e;
    }
  }

  private static boolean isInputMemory(ByteBuffer memory, ColumnBatch input) {
    long address = MemoryUtil.getByteBufferAddress(memory);
    for (int i = 0; i < input.columns(); i++) {
      FixedWidthColumn values = input.fixedWidth(i);
      long start = values.address();
      long end = start + values.capacity() * values.spec().bytesPerRow();
      if (address < end && start < address + memory.remaining()) {
        return true;
      }
    }
    return false;
  }
}
