package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Subject;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/**
 * The proof that a model which takes one number of rows in each call scores each of them as if it
 * were alone, so that it does not matter which records share a call, nor what pads the last one. A
 * first dimension may be something else than a batch: the words of a text, or the rows of a matrix.
 *
 * <p>Rows are scored once, and twice more in other places of a call in which every other row is
 * new. They are random where the model takes such, else those of the golden file.
 */
public record RowIndependence(Model model, Optional<Golden> golden) {
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
    try {
      require(Sample.random(model.signature(), new Random(SEED)));
    } catch (ModelCallException unfit) {
      Golden file =
          golden.orElseThrow(
              () ->
                  new InvalidModelException(
                      Subject.of(model.version()),
                      "it takes %d rows in each call, and nothing proves that they do not change each other's answers, because it fails on made-up rows: %s (expected: a %s with rows of its own beside it, or an open first dimension)"
                          .formatted(
                              model.signature().batch(), unfit.getMessage(), Golden.FILE_NAME),
                      unfit));
      require(file.sample(model.signature()));
    }
  }

  private void require(Sample sample) {
    int size = model.signature().batch();
    Comparison comparison = new Comparison(Subject.of(model.version()), Tolerance.DEFAULT);
    try (BufferAllocator allocator =
            ColumnMemory.child("rows of " + model.version(), Long.MAX_VALUE);
        ColumnBatch rows = sample.of(2 * size, allocator);
        ColumnBatch alone = model.score(rows.view(0, size), allocator)) {
      for (int odd = 0; odd < 2; odd++) {
        try (ColumnBatch mixed = mixed(rows, size, odd, allocator);
            ColumnBatch answers = model.score(mixed, allocator)) {
          for (int row = odd; row < size; row += 2) {
            comparison.add(alone.view(row, 1), answers.view((row + 1) % size, 1));
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
  }

  /** Every other one of the first rows, one place further, among others. */
  private static ColumnBatch mixed(ColumnBatch rows, int size, int odd, BufferAllocator allocator) {
    List<ColumnSpec> specs = new ArrayList<>();
    for (int i = 0; i < rows.columns(); i++) {
      specs.add(rows.column(i).spec());
    }
    ColumnBatch mixed = ColumnBatch.allocate(allocator, specs, size);
    for (int i = 0; i < specs.size(); i++) {
      Column column = mixed.column(i);
      for (int place = 0; place < size; place++) {
        int row = (place + size - 1) % size;
        column.copy(place, rows.column(i), row % 2 == odd ? row : size + row, 1);
      }
    }
    mixed.rows(size);
    return mixed;
  }
}
