package io.tidemill.model.golden;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A file of inputs and the outputs that a version must answer to them: an Arrow IPC file with a
 * column per tensor. Each record batch of the file is one call of the model. The tolerance for
 * floats stands in the schema's metadata as {@code absolute-tolerance} (default 1e-6) and {@code
 * relative-tolerance} (default 1e-5); everything else is exact.
 *
 * <p>Immutable and thread-safe.
 */
public final class Golden {
  /** The file's name, at the top of a version's files. */
  public static final String FILE_NAME = "golden.arrow";

  /** The most Arrow memory that one record batch may take, in the file and in the call. */
  private static final long MEMORY_LIMIT_BYTES = 1L << 30;

  private final Path file;

  private Golden(Path file) {
    this.file = file;
  }

  /** The golden file among a version's files, if it carries one. */
  public static Optional<Golden> in(Path files) {
    Path file = files.resolve(FILE_NAME);
    return Files.isRegularFile(file) ? Optional.of(new Golden(file)) : Optional.empty();
  }

  /**
   * Runs the model on every row. Blocks until the engine is done.
   *
   * @throws InvalidModelException if the file cannot be read, does not fit the signature, or has no
   *     rows
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public GoldenReport check(Model model) {
    String subject = model.version() + ": " + FILE_NAME;
    try (BufferAllocator allocator = ColumnMemory.child(subject, MEMORY_LIMIT_BYTES);
        GoldenRows rows = open(subject, model.signature(), allocator)) {
      Comparison comparison = new Comparison(reading(subject, rows::tolerance));
      while (reading(subject, rows::next)) {
        compare(subject, model, rows, comparison, allocator);
      }
      GoldenReport report = comparison.report();
      if (report.rows() == 0) {
        throw new InvalidModelException(subject + ": no rows (expected: >= 1)");
      }
      return report;
    } catch (IOException e) {
      throw new InvalidModelException(subject + ": cannot be closed: " + e, e);
    }
  }

  /**
   * Refuses a model that answers otherwise.
   *
   * @throws InvalidModelException naming the row that is furthest off
   */
  public void require(Model model) {
    GoldenReport report = check(model);
    if (!report.matches()) {
      throw new InvalidModelException(mismatch(model, report));
    }
  }

  /** What is said of a model that answers otherwise. */
  private static String mismatch(Model model, GoldenReport report) {
    return "%s: %s: %s; this machine or engine does not compute what the version was published with, so load it where it does, or publish a version with other expectations"
        .formatted(model.version(), FILE_NAME, report);
  }

  /**
   * Inputs made of the file's own, from the first on and again from the first where there are not
   * enough. The caller closes them.
   *
   * @param rows how many, at least 1
   * @throws InvalidModelException as {@link #check}
   */
  public ColumnBatch sample(Signature signature, int rows, BufferAllocator allocator) {
    try (GoldenRows golden = open(FILE_NAME, signature, allocator)) {
      if (!reading(FILE_NAME, golden::next)) {
        throw new InvalidModelException(FILE_NAME + ": no rows (expected: >= 1)");
      }
      try (ColumnBatch inputs = reading(FILE_NAME, golden::inputs)) {
        return Repeated.rows(inputs, rows, allocator);
      }
    } catch (IOException e) {
      throw new InvalidModelException(FILE_NAME + ": cannot be closed: " + e, e);
    }
  }

  private GoldenRows open(String subject, Signature signature, BufferAllocator allocator) {
    return reading(subject, () -> GoldenRows.open(file, signature, allocator));
  }

  private static void compare(
      String subject,
      Model model,
      GoldenRows rows,
      Comparison comparison,
      BufferAllocator allocator) {
    try (ColumnBatch inputs = reading(subject, rows::inputs);
        ColumnBatch expected = reading(subject, rows::outputs);
        ColumnBatch got = model.predict(inputs, allocator)) {
      if (got.rows() != inputs.rows()) {
        throw new InvalidModelException(
            "%s: %d rows answered for %d rows (expected: as many); publish a version that keeps the batch's dimension"
                .formatted(subject, got.rows(), inputs.rows()));
      }
      for (int i = 0; i < expected.columns(); i++) {
        compare(subject, expected.column(i), got.column(i), rows.rows(), comparison);
      }
      comparison.endBatch(rows.rows());
    }
  }

  private static void compare(
      String subject, Column expected, Column got, int rows, Comparison comparison) {
    if (expected.spec().elementsPerRow() != got.spec().elementsPerRow()) {
      throw new InvalidModelException(
          "%s: output '%s' has %d elements a row (expected: %d)"
              .formatted(
                  subject,
                  expected.spec().name(),
                  got.spec().elementsPerRow(),
                  expected.spec().elementsPerRow()));
    }
    comparison.add(expected, got, rows);
  }

  /** Something that may find that the file is not what it should be. */
  @FunctionalInterface
  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Whatever is wrong with the bytes of a file, Arrow finds it in its own way. */
  private static <T> T reading(String subject, Reading<T> reading) {
    try {
      return requireNonNull(reading.read());
    } catch (InvalidModelException e) {
      throw new InvalidModelException(subject + ": " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      throw new InvalidModelException(
          "%s: %s (expected: an uncompressed Arrow IPC file with a column per input and output)"
              .formatted(subject, e.getMessage() == null ? e.toString() : e.getMessage()),
          e);
    }
  }
}
