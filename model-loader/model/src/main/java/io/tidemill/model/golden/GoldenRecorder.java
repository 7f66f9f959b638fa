package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Subject;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
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
  private static final int DIGITS = 10;

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
    try (BufferAllocator allocator =
            ColumnMemory.child("recording of " + model.version(), Long.MAX_VALUE);
        ColumnBatch inputs =
            ColumnBatch.allocate(allocator, model.signature().inputColumns(), rows)) {
      for (int i = 0; i < inputs.columns(); i++) {
        fill(inputs.column(i), rows, random);
      }
      inputs.rows(rows);
      try (ColumnBatch outputs = model.score(inputs, allocator)) {
        write(List.of(inputs, outputs), target, allocator);
      }
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

  private static void fill(Column column, int rows, RandomGenerator random) {
    for (int i = 0; i < rows * column.spec().elementsPerRow(); i++) {
      if (column instanceof StringColumn strings) {
        byte[] word = String.valueOf(random.nextInt(DIGITS)).getBytes(StandardCharsets.UTF_8);
        strings.append(word, 0, word.length);
      } else {
        set((FixedWidthColumn) column, i, random);
      }
    }
  }

  private static void set(FixedWidthColumn column, int index, RandomGenerator random) {
    switch (column.spec().type()) {
      case FLOAT32 -> column.setFloat(index, (float) random.nextGaussian());
      case FLOAT64 -> column.setDouble(index, random.nextGaussian());
      case INT32 -> column.setInt(index, random.nextInt(DIGITS));
      case INT64 -> column.setLong(index, random.nextInt(DIGITS));
      case UINT8 -> column.setByte(index, (byte) random.nextInt(DIGITS));
      case BOOL -> column.setBoolean(index, random.nextBoolean());
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    }
  }

  private static void write(List<ColumnBatch> batches, Path target, BufferAllocator allocator)
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
