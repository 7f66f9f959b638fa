package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.internal.c_api.TF_TString;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Makes the tensors of one input, one call after another, over the memory of that input's column.
 *
 * <p>The shape is kept in native memory; only its first size, and the one that the signature leaves
 * open, change from call to call.
 *
 * <p>Not thread-safe.
 */
final class InputTensor implements AutoCloseable {
  /** The size of TensorFlow's string structure, which its C API fixes. */
  private static final long STRING_BYTES = 24;

  private static final int NONE = -1;

  private final TensorSpec spec;
  private final int number;
  private final LongPointer shape;
  private final int openAxis;
  private final long elementsOfFixedAxes;
  private @Nullable TF_Tensor kept;
  private int keptRows = NONE;
  private long keptAddress;
  private @Nullable ColumnSpec keptSpec;
  private final NativeAddress.Memory memory = new NativeAddress.Memory();
  private final NativeAddress.Text text = new NativeAddress.Text();

  InputTensor(TensorSpec spec) {
    this.spec = spec;
    number = TensorTypes.number(spec.type());
    shape = new LongPointer(spec.shape().stream().mapToLong(Long::longValue).toArray());
    openAxis = spec.shape().subList(1, spec.shape().size()).indexOf(-1L) + 1;
    elementsOfFixedAxes =
        spec.shape().stream().skip(1).filter(size -> size != -1).reduce(1L, Math::multiplyExact);
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
    check(column, rows);
    shape.put(0, rows);
    if (openAxis > 0) {
      shape.put(openAxis, column.spec().elementsPerRow() / elementsOfFixedAxes);
    }
    int rank = spec.shape().size();
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

  private void check(Column column, int rows) {
    boolean fits =
        column.spec().type() == spec.type()
            && (openAxis > 0
                ? column.spec().elementsPerRow() % elementsOfFixedAxes == 0
                : column.spec().elementsPerRow() == elementsOfFixedAxes);
    if (!fits) {
      throw new IllegalArgumentException(
          "input '%s': %d elements of %s per row in the batch but %s in the signature"
              .formatted(
                  spec.name(), column.spec().elementsPerRow(), column.spec().type().label(), spec));
    }
    if (column instanceof StringColumn strings
        && strings.elements() < (long) rows * strings.spec().elementsPerRow()) {
      throw new IllegalArgumentException(
          "input '%s': %d elements in the batch (expected: %d for %d rows)"
              .formatted(
                  spec.name(), strings.elements(), rows * strings.spec().elementsPerRow(), rows));
    }
  }

  @Override
  public void close() {
    release();
    shape.close();
  }
}
