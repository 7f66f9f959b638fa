package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.engine.OutputShape;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.util.MemoryUtil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Turns the tensors of one output into columns.
 *
 * <p>A column is the tensor's memory itself. It is a copy only where it must be: strings, whose
 * layouts differ, and a tensor that a model handed through from its input, whose memory the caller
 * writes into again.
 *
 * <p>Immutable and thread-safe.
 */
final class OutputTensor {
  private final TensorSpec spec;
  private final int number;
  private final OutputShape shape;

  OutputTensor(ModelVersion version, TensorSpec spec) {
    this.spec = spec;
    number = TensorType.number(spec.type());
    shape = new OutputShape(version, spec);
  }

  /**
   * The tensor as a column with as many rows as it has. Consumes the tensor, also when it throws.
   *
   * @throws io.tidemill.model.ModelCallException if the tensor is not what the signature says
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  Column take(
      TF_Tensor tensor, ColumnBatch input, ConstantTensors constants, BufferAllocator allocator) {
    boolean kept = false;
    try {
      ColumnSpec columnSpec = checked(tensor);
      int rows = Math.toIntExact(tensorflow.TF_Dim(tensor, 0));
      if (spec.type() == ElementType.STRING) {
        return copyStrings(tensor, columnSpec, rows, allocator);
      }
      long bytes = rows * columnSpec.bytesPerRow();
      if (bytes == 0) {
        return FixedWidthColumn.allocate(allocator, columnSpec, rows);
      }
      long address = tensorflow.TF_TensorData(tensor).address();
      if (input.holds(address, bytes) || constants.holds(address, bytes)) {
        FixedWidthColumn copy = FixedWidthColumn.allocate(allocator, columnSpec, rows);
        MemoryUtil.copyMemory(address, copy.address(), bytes);
        return copy;
      }
      ArrowBuf buffer = allocator.wrapForeignAllocation(new TensorMemory(tensor, bytes, address));
      kept = true;
      return OutputShape.own(columnSpec, rows, buffer);
    } finally {
      if (!kept && !tensor.isNull()) {
        tensorflow.TF_DeleteTensor(tensor);
      }
    }
  }

  private ColumnSpec checked(TF_Tensor tensor) {
    int type = tensorflow.TF_TensorType(tensor);
    long[] sizes = new long[tensorflow.TF_NumDims(tensor)];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = tensorflow.TF_Dim(tensor, i);
    }
    return shape.of(type == number ? spec.type().label() : TensorType.label(type), sizes);
  }

  private static StringColumn copyStrings(
      TF_Tensor tensor, ColumnSpec columnSpec, int rows, BufferAllocator allocator) {
    StringColumn column = StringColumn.allocate(allocator, columnSpec, rows);
    try {
      int elements = Math.multiplyExact(rows, columnSpec.elementsPerRow());
      Pointer structures = tensorflow.TF_TensorData(tensor);
      TF_TString source = new TF_TString(structures);
      byte[] text = new byte[64];
      for (int i = 0; i < elements; i++) {
        int length = Math.toIntExact(tensorflow.TF_TString_GetSize(source.position(i)));
        if (length > text.length) {
          text = new byte[Math.max(length, 2 * text.length)];
        }
        BytePointer bytes = tensorflow.TF_TString_GetDataPointer(source);
        if (length > 0) {
          bytes.get(text, 0, length);
        }
        column.append(text, 0, length);
      }
      return column;
    } catch (RuntimeException e) {
      column.close();
      throw e;
    }
  }
}
