package io.tidemill.model.engine;

import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.StringColumn;

/**
 * The shape of an input's tensor, call by call: the rows of the batch first, then the sizes of the
 * signature, of which one may be as wide as the column is.
 *
 * <p>Immutable and thread-safe.
 */
public final class InputShape {
  private final TensorSpec spec;
  private final int openAxis;
  private final long elementsOfFixedAxes;

  public InputShape(TensorSpec spec) {
    this.spec = spec;
    openAxis = spec.shape().subList(1, spec.shape().size()).indexOf(-1L) + 1;
    elementsOfFixedAxes =
        spec.shape().stream().skip(1).filter(size -> size != -1).reduce(1L, Math::multiplyExact);
  }

  /** Whether the shape of a column says every size of its tensor. */
  public static boolean isDetermined(TensorSpec spec) {
    return spec.shape().stream().filter(size -> size == -1).count() <= 2;
  }

  /**
   * The sizes of a tensor over the first rows of a column.
   *
   * @throws IllegalArgumentException if the column is not this input's
   */
  public long[] over(Column column, int rows) {
    check(column, rows);
    long[] sizes = new long[spec.shape().size()];
    sizes[0] = rows;
    for (int i = 1; i < sizes.length; i++) {
      sizes[i] =
          i == openAxis
              ? column.spec().elementsPerRow() / elementsOfFixedAxes
              : spec.shape().get(i);
    }
    return sizes;
  }

  /**
   * Checks the first rows of a column.
   *
   * @throws IllegalArgumentException if the column is not this input's
   */
  public void check(Column column, int rows) {
    int elements = column.spec().elementsPerRow();
    boolean fits =
        column.spec().type() == spec.type()
            && (openAxis > 0
                ? elements % elementsOfFixedAxes == 0
                : elements == elementsOfFixedAxes);
    if (!fits) {
      throw new IllegalArgumentException(
          "input '%s': %d elements of %s per row in the batch but %s in the signature"
              .formatted(spec.name(), elements, column.spec().type().label(), spec));
    }
    if (column instanceof StringColumn strings && strings.elements() < (long) rows * elements) {
      throw new IllegalArgumentException(
          "input '%s': %d elements in the batch (expected: %d for %d rows)"
              .formatted(spec.name(), strings.elements(), (long) rows * elements, rows));
    }
  }
}
