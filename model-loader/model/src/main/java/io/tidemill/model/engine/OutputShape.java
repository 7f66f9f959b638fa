package io.tidemill.model.engine;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.util.Arrays;
import org.apache.arrow.memory.ArrowBuf;

/**
 * What the signature says of an output, held against the tensor that came back.
 *
 * <p>Immutable and thread-safe.
 */
public final class OutputShape {
  private final ModelVersion version;
  private final TensorSpec spec;
  private final ColumnSpec column;

  public OutputShape(ModelVersion version, TensorSpec spec) {
    this.version = version;
    this.spec = spec;
    column = spec.hasFixedRows() ? spec.column() : new ColumnSpec(spec.name(), spec.type(), 1);
  }

  /**
   * The column for a tensor; its rows are the first of the sizes.
   *
   * @param type the label of the tensor's element type, an engine's own where columns have none
   * @throws ModelCallException if the tensor is not what the signature says
   */
  public ColumnSpec of(String type, long[] sizes) {
    boolean fits = type.equals(spec.type().label()) && sizes.length == spec.shape().size();
    long elements = 1;
    for (int i = 1; fits && i < sizes.length; i++) {
      fits = sizes[i] > 0 && (spec.shape().get(i) == -1 || spec.shape().get(i) == sizes[i]);
      elements *= sizes[i];
    }
    if (!fits || elements > Integer.MAX_VALUE) {
      throw new ModelCallException(
          "%s: output '%s' came back as %s%s but is %s in the signature; publish a version whose signature says what the model answers"
              .formatted(version, spec.name(), type, Arrays.toString(sizes), spec));
    }
    return elements == column.elementsPerRow()
        ? column
        : new ColumnSpec(spec.name(), spec.type(), (int) elements);
  }

  /**
   * A column over memory that an engine has filled.
   *
   * @param values the column's from now on, and given back if it is too small
   */
  public static FixedWidthColumn own(ColumnSpec column, int rows, ArrowBuf values) {
    try {
      return FixedWidthColumn.wrap(column, rows, values);
    } catch (RuntimeException e) {
      values.close();
      throw e;
    }
  }
}
