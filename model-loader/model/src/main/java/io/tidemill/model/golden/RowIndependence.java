package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Subject;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The proof that a model which takes one number of rows in each call scores each of them as if it
 * were alone, so that it does not matter which records share a call, nor what pads the last one. A
 * first dimension may be something else than a batch: the words of a text, or the rows of a matrix.
 *
 * <p>Rows are scored once, and twice more in other places of a call in which every other row is
 * another. They are random where the model takes such and answers more than NaN, else the version's
 * own, with which it is done two times: a file has few rows, and they come again and again.
 *
 * @param own rows that the version carries, if it does
 */
public record RowIndependence(Model model, Optional<Sample> own) {
  private static final long SEED = 1;

  /**
   * Blocks until the engine is done; does nothing where there is nothing to prove.
   *
   * @throws InvalidModelException if an answer changes with the rows beside it, or nothing can be
   *     proved
   */
  public void require() {
    if (model.signature().batch() < 2) {
      return;
    }
    String reason = "answers nothing but NaN to made-up rows";
    try {
      if (proves(Sample.random(model.signature(), new Random(SEED)))) {
        return;
      }
    } catch (ModelCallException unfit) {
      reason = "fails on made-up rows: " + unfit.getMessage();
    }
    if (own.isEmpty() || !proves(own.get())) {
      throw new InvalidModelException(
          Subject.of(model.version()),
          "it takes %d rows in each call, and nothing proves that they do not change each other's answers, because it %s (expected: a %s beside it with rows of its own, two different ones or more; or an open first dimension)"
              .formatted(model.signature().batch(), reason, Golden.FILE_NAME),
          null);
    }
  }

  /** Whether rows that are all right prove anything. */
  private boolean proves(Sample sample) {
    int size = model.signature().batch();
    Comparison comparison = new Comparison(Subject.of(model.version()), Tolerance.DEFAULT);
    boolean telling;
    try (BufferAllocator allocator =
            ColumnMemory.child("rows of " + model.version(), Long.MAX_VALUE);
        ColumnBatch rows = sample.of(2 * size + 1, allocator);
        ColumnBatch alone = model.score(rows.view(0, size), allocator)) {
      telling = differ(rows) && says(alone);
      // Rows that come again and again are the same so many further, but not one further too.
      for (int away : sample.made() ? new int[] {size} : new int[] {size, size + 1}) {
        for (int odd = 0; odd < 2; odd++) {
          try (ColumnBatch mixed = mixed(rows, size, odd, away, allocator);
              ColumnBatch answers = model.score(mixed, allocator)) {
            for (int row = odd; row < size; row += 2) {
              comparison.add(alone.view(row, 1), answers.view((row + 1) % size, 1));
            }
          }
        }
      }
    }
    GoldenReport report = comparison.report();
    if (!report.matches()) {
      throw new InvalidModelException(
          Subject.of(model.version()),
          "it takes %d rows in each call, and the answer to one changes with those beside it: %s; export it with an open first dimension, or for one row in each call"
              .formatted(size, report),
          null);
    }
    return telling;
  }

  private boolean differ(ColumnBatch rows) {
    Comparison same = new Comparison(Subject.of(model.version()), Tolerance.DEFAULT);
    for (int row = 1; row < rows.rows(); row++) {
      same.add(rows.view(0, 1), rows.view(row, 1));
    }
    return !same.report().matches();
  }

  /** Whether no output is NaN and nothing else, which is the same beside any rows. */
  private static boolean says(ColumnBatch answers) {
    for (int i = 0; i < answers.columns(); i++) {
      ColumnSpec spec = answers.column(i).spec();
      if (spec.type().kind() == ElementType.Kind.FLOAT) {
        FixedWidthColumn floats = answers.fixedWidth(i);
        int elements = answers.rows() * spec.elementsPerRow();
        if (IntStream.range(0, elements)
            .allMatch(e -> Double.isNaN(floats.number(e).doubleValue()))) {
          return false;
        }
      }
    }
    return true;
  }

  /** Every other one of the first rows, one place further, among others that were so far away. */
  private static ColumnBatch mixed(
      ColumnBatch rows, int size, int odd, int away, BufferAllocator allocator) {
    List<ColumnSpec> specs = new ArrayList<>();
    for (int i = 0; i < rows.columns(); i++) {
      specs.add(rows.column(i).spec());
    }
    ColumnBatch mixed = ColumnBatch.allocate(allocator, specs, size);
    for (int i = 0; i < specs.size(); i++) {
      Column column = mixed.column(i);
      for (int place = 0; place < size; place++) {
        int row = (place + size - 1) % size;
        column.copy(place, rows.column(i), row % 2 == odd ? row : row + away, 1);
      }
    }
    mixed.rows(size);
    return mixed;
  }
}
