package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Subject;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
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
    FixedWidthColumn left = (FixedWidthColumn) expected;
    FixedWidthColumn right = (FixedWidthColumn) got;
    return switch (expected.spec().type()) {
      case FLOAT32 -> floats(left.getFloat(element), right.getFloat(element));
      case FLOAT64 -> floats(left.getDouble(element), right.getDouble(element));
      case INT32 -> exact(left.getInt(element) == right.getInt(element));
      case INT64 -> exact(left.getLong(element) == right.getLong(element));
      case UINT8, BOOL -> exact(left.getByte(element) == right.getByte(element));
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    };
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
    FixedWidthColumn values = (FixedWidthColumn) column;
    return switch (column.spec().type()) {
      case FLOAT32 -> String.valueOf(values.getFloat(element));
      case FLOAT64 -> String.valueOf(values.getDouble(element));
      case INT32 -> String.valueOf(values.getInt(element));
      case INT64 -> String.valueOf(values.getLong(element));
      case UINT8 -> String.valueOf(Byte.toUnsignedInt(values.getByte(element)));
      case BOOL -> String.valueOf(values.getBoolean(element));
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    };
  }

  GoldenReport report() {
    return new GoldenReport(rows, wrongRows.cardinality(), largestDifference, worst);
  }
}
