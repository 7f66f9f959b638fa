package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Records what a model answers now as a golden file.
 *
 * <p>Immutable and thread-safe.
 */
public final class GoldenRecorder {
  private final Model model;

  public GoldenRecorder(Model model) {
    this.model = model;
  }

  /**
   * Calls the model once and writes the file. The inputs are random: floats around 0, whole numbers
   * from 0 to 9, booleans, and words of one digit. Blocks until the engine is done.
   *
   * @param target a file that is not there yet
   * @param rows how many, at least 1
   * @throws IOException if the file exists or cannot be written
   * @throws InvalidModelException if an input has a size that the signature leaves open
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public void record(Path target, int rows, RandomGenerator random) throws IOException {
    checkFixed();
    record(target, allocator -> Sample.random(model.signature(), random).of(rows, allocator));
  }

  /**
   * The same with inputs that someone wrote down.
   *
   * @param records each with a value for every input: a number, a boolean, a text, or a list of
   *     them; {@code {"b64": "…"}} for bytes that are no text
   * @throws IllegalArgumentException if a record does not fit the signature, with all such problems
   */
  public void record(Path target, List<Map<String, Object>> records) throws IOException {
    record(target, allocator -> new SampleRecords(records).inputs(model.signature(), allocator));
  }

  private void record(Path target, Function<BufferAllocator, ColumnBatch> made) throws IOException {
    try (BufferAllocator allocator =
            ColumnMemory.child("recording of " + model.version(), Long.MAX_VALUE);
        ColumnBatch inputs = made.apply(allocator);
        ColumnBatch outputs = model.score(inputs, allocator)) {
      write(List.of(inputs, outputs), target, allocator);
    }
  }

  private void checkFixed() {
    for (TensorSpec input : model.signature().inputs()) {
      if (!input.hasFixedRows()) {
        throw new InvalidModelException(
            Subject.of(model.version()).at(input.name()),
            "input %s (expected: every size but the batch's is fixed); write the file with pyarrow, with rows of the size that you use"
                .formatted(input),
            null);
      }
    }
  }

  /** Writes the columns of batches with equally many rows. */
  static void write(List<ColumnBatch> batches, Path target, BufferAllocator allocator)
      throws IOException {
    int rows = batches.get(0).rows();
    List<FieldVector> vectors = TensorVector.write(batches, rows, allocator);
    Schema schema =
        new Schema(
            vectors.stream().map(FieldVector::getField).toList(), Tolerance.DEFAULT.metadata());
    try (VectorSchemaRoot root = new VectorSchemaRoot(schema, vectors, rows);
        OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
    }
  }
}
