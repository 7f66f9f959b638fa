package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Subject;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.ElementType.Kind;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import io.tidemill.model.golden.GoldenReport.Difference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Compares answers with what was expected, batch after batch.
 *
 * <p>Not thread-safe.
 */
final class Comparison {
  private final Subject subject;
  private final Tolerance tolerance;
  private final BitSet wrongRows = new BitSet();
  private int rows;
  private double largestDifference;
  private double largestExcess = 1;
  private @Nullable Difference worst;

  Comparison(Subject subject, Tolerance tolerance) {
    this.subject = subject;
    this.tolerance = tolerance;
  }

  /**
   * Compares one batch of answers; the next batch's rows come behind them.
   *
   * @throws InvalidModelException if an answer has another width
   */
  void add(ColumnBatch expected, ColumnBatch got) {
    for (int i = 0; i < expected.columns(); i++) {
      add(expected.column(i), got.column(i), expected.rows());
    }
    rows += expected.rows();
  }

  private void add(Column expected, Column got, int batchRows) {
    int width = expected.spec().elementsPerRow();
    if (got.spec().elementsPerRow() != width) {
      throw new InvalidModelException(
          subject.at(expected.spec().name()),
          "output '%s' has %d elements a row (expected: %d)"
              .formatted(expected.spec().name(), got.spec().elementsPerRow(), width),
          null);
    }
    for (int element = 0; element < batchRows * width; element++) {
      double excess = excess(expected, got, element);
      if (excess > 1) {
        int row = rows + element / width;
        wrongRows.set(row);
        if (excess > largestExcess) {
          largestExcess = excess;
          worst =
              new Difference(
                  expected.spec().name(),
                  row,
                  element % width,
                  text(expected, element),
                  text(got, element));
        }
      }
    }
  }

  private double excess(Column expected, Column got, int element) {
    if (expected instanceof StringColumn strings) {
      return exact(Arrays.equals(strings.get(element), ((StringColumn) got).get(element)));
    }
    Number left = ((FixedWidthColumn) expected).number(element);
    Number right = ((FixedWidthColumn) got).number(element);
    return expected.spec().type().kind() == Kind.FLOAT
        ? floats(left.doubleValue(), right.doubleValue())
        : exact(left.equals(right));
  }

  private double floats(double expected, double got) {
    double difference = Math.abs(got - expected);
    if (difference > largestDifference) {
      largestDifference = difference;
    }
    return tolerance.excess(expected, got);
  }

  private static double exact(boolean equal) {
    return equal ? 0 : Double.POSITIVE_INFINITY;
  }

  private static String text(Column column, int element) {
    if (column instanceof StringColumn strings) {
      return "'" + new String(strings.get(element), StandardCharsets.UTF_8) + "'";
    }
    Number value = ((FixedWidthColumn) column).number(element);
    return column.spec().type() == ElementType.BOOL
        ? String.valueOf(value.intValue() != 0)
        : value.toString();
  }

  GoldenReport report() {
    return new GoldenReport(rows, wrongRows.cardinality(), largestDifference, worst);
  }
}
