package io.tidemill.model.engine.pytorch;

import ai.djl.pytorch.jni.TorchCalls;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.OutputShape;
import java.nio.ByteBuffer;
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
  private static final int[] ON_CPU = {TorchCalls.CPU, -1};

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
   * @param answer where the tensor is; what the column needs of it is the column's from now on
   * @throws io.tidemill.model.ModelCallException if it is not what the signature says
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  FixedWidthColumn take(Answer answer, int index, ColumnBatch input, BufferAllocator allocator) {
    long tensor = answer.tensor(index);
    long[] sizes = TorchCalls.sizes(tensor);
    int type = TorchCalls.type(tensor);
    ColumnSpec column = shape.of(TensorType.label(type), sizes);
    int rows = Math.toIntExact(sizes[0]);
    if (rows == 0) {
      return FixedWidthColumn.allocate(allocator, column, 0);
    }
    if (TorchCalls.device(tensor)[0] != TorchCalls.CPU) {
      tensor = answer.replace(index, TorchCalls.copyTo(tensor, type, ON_CPU));
    }
    if (!TorchCalls.isContiguous(tensor)) {
      tensor = answer.replace(index, TorchCalls.toContiguous(tensor));
    }
    ByteBuffer memory = TorchCalls.memory(tensor);
    long address = MemoryUtil.getByteBufferAddress(memory);
    if (input.holds(address, memory.remaining())) {
      FixedWidthColumn copy = FixedWidthColumn.allocate(allocator, column, rows);
      copy.bytes().put(0, memory, 0, memory.remaining());
      return copy;
    }
    // The allocator releases the allocation also when it refuses it.
    answer.leave(index);
    return OutputShape.own(
        column,
        rows,
        allocator.wrapForeignAllocation(new TensorMemory(tensor, memory.remaining(), address)));
  }
}
