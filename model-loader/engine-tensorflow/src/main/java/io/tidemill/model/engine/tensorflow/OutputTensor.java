package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.util.StringJoiner;
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
  private final ModelVersion version;
  private final TensorSpec spec;
  private final int number;
  private final ColumnSpec column;

  OutputTensor(ModelVersion version, TensorSpec spec) {
    this.version = version;
    this.spec = spec;
    number = TensorTypes.number(spec.type());
    column = spec.hasFixedRows() ? spec.column() : new ColumnSpec(spec.name(), spec.type(), 1);
  }

  /**
   * The tensor as a column with as many rows as it has. Consumes the tensor, also when it throws.
   *
   * @throws ModelCallException if the tensor is not what the signature says
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  Column take(TF_Tensor tensor, ColumnBatch input, BufferAllocator allocator) {
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
      if (isInputMemory(address, bytes, input)) {
        FixedWidthColumn copy = FixedWidthColumn.allocate(allocator, columnSpec, rows);
        MemoryUtil.copyMemory(address, copy.address(), bytes);
        return copy;
      }
      ArrowBuf buffer = allocator.wrapForeignAllocation(new TensorMemory(tensor, bytes, address));
      kept = true;
      return wrap(columnSpec, rows, buffer);
    } finally {
      if (!kept && !tensor.isNull()) {
        tensorflow.TF_DeleteTensor(tensor);
      }
    }
  }

  private static FixedWidthColumn wrap(ColumnSpec columnSpec, int rows, ArrowBuf buffer) {
    try {
      return FixedWidthColumn.wrap(columnSpec, rows, buffer);
    } catch (RuntimeException e) {
      buffer.close();
      throw e;
    }
  }

  private ColumnSpec checked(TF_Tensor tensor) {
    int rank = tensorflow.TF_NumDims(tensor);
    boolean fits = tensorflow.TF_TensorType(tensor) == number && rank == spec.shape().size();
    long elements = 1;
    for (int i = 1; fits && i < rank; i++) {
      long size = tensorflow.TF_Dim(tensor, i);
      fits = size > 0 && (spec.shape().get(i) == -1 || spec.shape().get(i) == size);
      elements *= size;
    }
    if (!fits || elements > Integer.MAX_VALUE) {
      throw new ModelCallException(
          "%s: output '%s' came back as %s but is %s in the signature; publish a version whose signature says what the model answers"
              .formatted(version, spec.name(), describe(tensor), spec));
    }
    return elements == column.elementsPerRow()
        ? column
        : new ColumnSpec(spec.name(), spec.type(), (int) elements);
  }

  private static String describe(TF_Tensor tensor) {
    StringJoiner sizes = new StringJoiner(", ", "[", "]");
    for (int i = 0; i < tensorflow.TF_NumDims(tensor); i++) {
      sizes.add(String.valueOf(tensorflow.TF_Dim(tensor, i)));
    }
    return TensorTypes.label(tensorflow.TF_TensorType(tensor)) + sizes;
  }

  private static boolean isInputMemory(long address, long bytes, ColumnBatch input) {
    for (int i = 0; i < input.columns(); i++) {
      if (input.column(i) instanceof FixedWidthColumn values) {
        long start = values.address();
        long end = start + values.capacity() * values.spec().bytesPerRow();
        if (address < end && start < address + bytes) {
          return true;
        }
      }
    }
    return false;
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
