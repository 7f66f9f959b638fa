package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.Constant;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.engine.InputShape;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Makes the tensors of one input, one call after another, over the memory of that input's column.
 *
 * <p>Not thread-safe.
 */
final class InputTensor implements AutoCloseable {
  /** The size of TensorFlow's string structure, which its C API fixes. */
  private static final long STRING_BYTES = 24;

  private static final int NONE = -1;

  private final Sizes sizes;
  private final int number;
  private final LongPointer shape;
  private @Nullable TF_Tensor kept;
  private int keptRows = NONE;
  private long keptAddress;
  private @Nullable ColumnSpec keptSpec;
  private final NativeAddress.Memory memory = new NativeAddress.Memory();
  private final NativeAddress.Text text = new NativeAddress.Text();

  InputTensor(TensorSpec spec) {
    this(spec.type(), spec.shape().size(), new InputShape(spec)::over);
  }

  /** Of an input that is the same in every call, over the only row of its column. */
  InputTensor(Constant constant) {
    this(
        constant.type(),
        constant.shape().size(),
        (column, rows) -> constant.shape().stream().mapToLong(Long::longValue).toArray());
  }

  private InputTensor(ElementType type, int rank, Sizes sizes) {
    this.sizes = sizes;
    number = TensorType.number(type);
    shape = new LongPointer(rank);
  }

  /** Says the sizes of a tensor over the first rows of a column. */
  private interface Sizes {
    long[] over(Column column, int rows);
  }

  /**
   * A tensor over the first rows of a column, which must stay as it is during the call. Where the
   * last call's column was the same, it is the last call's tensor.
   *
   * @return the tensor, which stays this object's, or null if TensorFlow could not make it
   * @throws IllegalArgumentException if the column is not this input's
   */
  @Nullable TF_Tensor over(Column column, int rows) {
    if (column instanceof FixedWidthColumn values
        && keptRows == rows
        && keptAddress == values.address()
        && values.spec().equals(keptSpec)) {
      return kept;
    }
    release();
    shape.put(sizes.over(column, rows));
    int rank = (int) shape.capacity();
    if (column instanceof FixedWidthColumn values) {
      kept =
          tensorflow.TF_NewTensor(
              number,
              shape,
              rank,
              memory.at(values.address()),
              rows * values.spec().bytesPerRow(),
              NativeAddress.Borrowed.DEALLOCATOR,
              null);
      // Memory that is aligned less was copied, as it is now.
      if (kept != null && tensorflow.TF_TensorData(kept).address() == values.address()) {
        keptRows = rows;
        keptAddress = values.address();
        keptSpec = values.spec();
      }
    } else {
      kept = overStrings((StringColumn) column, rows, rank);
    }
    return kept;
  }

  /** Lets go of what the next call cannot use. */
  void endCall() {
    if (keptRows == NONE) {
      release();
    }
  }

  private void release() {
    TF_Tensor tensor = kept;
    kept = null;
    keptRows = NONE;
    if (tensor != null) {
      tensorflow.TF_DeleteTensor(tensor);
    }
  }

  private @Nullable TF_Tensor overStrings(StringColumn column, int rows, int rank) {
    int elements = rows * column.spec().elementsPerRow();
    TF_Tensor tensor = tensorflow.TF_AllocateTensor(number, shape, rank, elements * STRING_BYTES);
    if (tensor == null) {
      return null;
    }
    Pointer structures = tensorflow.TF_TensorData(tensor);
    Pointer.memset(structures, 0, elements * STRING_BYTES);
    TF_TString target = new TF_TString(structures);
    for (int i = 0; i < elements; i++) {
      tensorflow.TF_TString_AssignView(
          target.position(i), text.at(column.address(i)), column.length(i));
    }
    return tensor;
  }

  @Override
  public void close() {
    release();
    shape.close();
  }
}
