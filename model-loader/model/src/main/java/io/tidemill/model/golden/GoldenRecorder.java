package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Records what a model answers now as a golden file. The inputs are random: floats around 0, whole
 * numbers from 0 to 9, booleans, and words of one digit.
 *
 * <p>Stateless and thread-safe.
 */
public final class GoldenRecorder {
  private static final int DIGITS = 10;

  private GoldenRecorder() {}

  /**
   * Calls the model once and writes the file. Blocks until the engine is done.
   *
   * @param target a file that is not there yet
   * @param rows how many, at least 1
   * @throws IOException if the file exists or cannot be written
   * @throws InvalidModelException if an input has a size that the signature leaves open
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public static void record(Model model, Path target, int rows, RandomGenerator random)
      throws IOException {
    String subject = "recording of " + model.version();
    checkFixed(model);
    List<ColumnSpec> specs = model.signature().inputColumns();
    try (BufferAllocator allocator = ColumnMemory.child(subject, Long.MAX_VALUE);
        ColumnBatch inputs = ColumnBatch.allocate(allocator, specs, rows)) {
      for (int i = 0; i < inputs.columns(); i++) {
        fill(inputs.column(i), rows, random);
      }
      inputs.rows(rows);
      try (ColumnBatch outputs = model.predict(inputs, allocator)) {
        if (outputs.rows() != rows) {
          throw new InvalidModelException(
              "%s: %d rows answered for %d rows (expected: as many); publish a version that keeps the batch's dimension"
                  .formatted(subject, outputs.rows(), rows));
        }
        write(List.of(inputs, outputs), rows, target, allocator);
      }
    }
  }

  private static void checkFixed(Model model) {
    for (TensorSpec input : model.signature().inputs()) {
      if (!input.hasFixedRows()) {
        throw new InvalidModelException(
            "%s: input %s (expected: every size but the batch's is fixed); write the file with pyarrow, with rows of the size that you use"
                .formatted(model.version(), input));
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

  private static void write(
      List<ColumnBatch> batches, int rows, Path target, BufferAllocator allocator)
      throws IOException {
    List<FieldVector> vectors = new ArrayList<>();
    try {
      for (ColumnBatch batch : batches) {
        for (int i = 0; i < batch.columns(); i++) {
          vectors.add(ArrowColumns.write(batch.column(i), rows, allocator));
        }
      }
      write(vectors, rows, target);
    } finally {
      vectors.forEach(FieldVector::close);
    }
  }

  private static void write(List<FieldVector> vectors, int rows, Path target) throws IOException {
    List<Field> fields = vectors.stream().map(FieldVector::getField).toList();
    Map<String, String> metadata =
        Map.of(
            Tolerance.ABSOLUTE_KEY, String.valueOf(Tolerance.DEFAULT.absolute()),
            Tolerance.RELATIVE_KEY, String.valueOf(Tolerance.DEFAULT.relative()));
    VectorSchemaRoot root = new VectorSchemaRoot(new Schema(fields, metadata), vectors, rows);
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
        ArrowFileWriter writer = new ArrowFileWriter(root, null, Channels.newChannel(out))) {
      writer.start();
      writer.writeBatch();
      writer.end();
    }
  }
}
