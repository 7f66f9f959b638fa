package io.tidemill.model.golden;

import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Calls that came with a model, whose answers nobody wrote down: a file like {@link Golden}'s with
 * the columns of the inputs alone.
 *
 * <p>Immutable and thread-safe.
 *
 * @param records each with a value for every input, as {@link GoldenRecorder#record(Path, List)}
 *     takes them; a {@code byte[]} is the memory of a tensor's row, little-endian, or in a list one
 *     string
 */
public record Samples(List<Map<String, Object>> records) {
  /** The file's name, at the top of a version's files. */
  public static final String FILE_NAME = "samples.arrow";

  public Samples {
    records = List.copyOf(records);
  }

  /** Rows that a version carries, with answers or without. */
  public static Optional<Sample> in(Path files, Signature signature) {
    Path file = files.resolve(FILE_NAME);
    return Golden.in(files)
        .map(golden -> golden.sample(signature))
        .or(
            () ->
                Files.isRegularFile(file)
                    ? Optional.of(Golden.sample(file, signature.inputs(), List.of()))
                    : Optional.empty());
  }

  /**
   * Writes them.
   *
   * @param target a file that is not there yet
   * @throws IllegalArgumentException if a record does not fit the signature, with all such problems
   * @throws IOException if the file exists or cannot be written
   */
  public void write(Signature signature, Path target) throws IOException {
    try (BufferAllocator allocator = ColumnMemory.child("samples", Long.MAX_VALUE);
        ColumnBatch inputs = new SampleRecords(records).inputs(signature, allocator)) {
      GoldenRecorder.write(List.of(inputs), target, allocator);
    }
  }
}
