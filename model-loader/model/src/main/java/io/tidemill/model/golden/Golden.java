package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.jspecify.annotations.Nullable;

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
    Subject subject = Subject.of(model.version()).in(FILE_NAME);
    try (BufferAllocator allocator =
            ColumnMemory.child("check of " + model.version(), MEMORY_LIMIT_BYTES);
        GoldenRows rows =
            new GoldenRows(
                file,
                subject,
                model.signature().inputs(),
                model.signature().outputs(),
                allocator)) {
      Comparison comparison = new Comparison(subject, rows.tolerance());
      while (rows.next()) {
        try (ColumnBatch inputs = rows.inputs(rows.rows(), allocator);
            ColumnBatch expected = rows.outputs(allocator);
            ColumnBatch got = model.score(inputs, allocator)) {
          comparison.add(expected, got);
        }
      }
      GoldenReport report = comparison.report();
      if (report.rows() == 0) {
        throw noRows(subject);
      }
      return report;
    }
  }

  private static InvalidModelException noRows(Subject subject) {
    return new InvalidModelException(subject, "no rows (expected: >= 1)", null);
  }

  /**
   * Refuses a model that answers otherwise.
   *
   * @throws InvalidModelException naming the row that is furthest off
   */
  public void require(Model model) {
    GoldenReport report = check(model);
    if (!report.matches()) {
      throw new InvalidModelException(
          Subject.of(model.version()).in(FILE_NAME).with(report.rows()),
          report
              + "; this machine or engine does not compute what the version was published with, so load it where it does, or publish a version with other expectations",
          null);
    }
  }

  /**
   * The file's own inputs, from the first on and again from the first where there are not enough.
   * Taking one throws {@link InvalidModelException} as {@link #check} does, and Arrow's {@link
   * OutOfMemoryException} if the caller's memory does not suffice for the rows. The file is read in
   * memory of its own, each time but for a single row: that is kept, as it is asked for whenever a
   * record is to be blamed.
   */
  public Sample sample(Signature signature) {
    return sample(file, signature.inputs(), signature.outputs());
  }

  /** The inputs of a file like this one. */
  static Sample sample(Path file, List<TensorSpec> inputs, List<TensorSpec> outputs) {
    Subject subject = Subject.UNKNOWN.in(String.valueOf(file.getFileName()));
    AtomicReference<@Nullable KeptRow> first = new AtomicReference<>();
    return Sample.of(
        (rows, allocator) -> {
          KeptRow kept = first.get();
          if (rows == 1 && kept != null) {
            return kept.batch(allocator);
          }
          try (BufferAllocator fileMemory =
                  ColumnMemory.child("rows of a file", MEMORY_LIMIT_BYTES);
              GoldenRows golden = new GoldenRows(file, subject, inputs, outputs, fileMemory)) {
            if (!golden.next()) {
              throw noRows(subject);
            }
            ColumnBatch copy = copy(golden, rows, allocator);
            first.compareAndSet(null, KeptRow.of(copy));
            return copy;
          }
        });
  }

  /** Too little of the caller's memory says nothing about the file. */
  private static ColumnBatch copy(GoldenRows golden, int rows, BufferAllocator target) {
    try {
      return golden.inputs(rows, target);
    } catch (InvalidModelException e) {
      if (e.getCause() instanceof OutOfMemoryException outOfMemory) {
        throw outOfMemory;
      }
      throw e;
    }
  }
}
