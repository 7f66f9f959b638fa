package io.tidemill.model.golden;

import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.ElementType.Kind;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.arrow.memory.BufferAllocator;

/**
 * Rows for a version to score: it is warmed up with them, and scores one again before data is
 * blamed for a call that failed.
 *
 * <p>Thread-safe.
 */
public final class Sample {
  private static final int DIGITS = 10;

  private final Rows rows;
  private final boolean made;

  private Sample(Rows rows, boolean made) {
    this.rows = rows;
    this.made = made;
  }

  /** Makes batches of any number of rows. Thread-safe. */
  @FunctionalInterface
  interface Rows {
    ColumnBatch of(int rows, BufferAllocator allocator);
  }

  /** Rows that belong to the model: one that fails on them is broken. */
  static Sample of(Rows rows) {
    return new Sample(rows, false);
  }

  /** Zeros and empty strings, with sizes of 1 where the signature leaves one open. */
  public static Sample zeros(Signature signature) {
    List<ColumnSpec> specs = signature.inputs().stream().map(Sample::column).toList();
    return new Sample((rows, allocator) -> zeros(specs, rows, allocator), true);
  }

  private static ColumnSpec column(TensorSpec tensor) {
    long elements =
        tensor.shape().stream().filter(size -> size > 0).reduce(1L, Math::multiplyExact);
    return new ColumnSpec(tensor.name(), tensor.type(), Math.toIntExact(elements));
  }

  private static ColumnBatch zeros(List<ColumnSpec> specs, int rows, BufferAllocator allocator) {
    ColumnBatch batch = ColumnBatch.allocate(allocator, specs, rows);
    try {
      for (int i = 0; i < specs.size(); i++) {
        if (specs.get(i).type() == ElementType.STRING) {
          appendEmpty(batch.strings(i), rows * specs.get(i).elementsPerRow());
        }
      }
      batch.rows(rows);
      return batch;
    } catch (RuntimeException e) {
      batch.close();
      throw e;
    }
  }

  private static void appendEmpty(StringColumn column, int elements) {
    for (int i = 0; i < elements; i++) {
      column.append(new byte[0], 0, 0);
    }
  }

  /**
   * Floats around 0, whole numbers and words of one digit, and booleans; with sizes of 1 as well.
   * Each batch has others.
   */
  public static Sample random(Signature signature, RandomGenerator random) {
    List<ColumnSpec> specs = signature.inputs().stream().map(Sample::column).toList();
    return new Sample((rows, allocator) -> random(specs, rows, random, allocator), true);
  }

  private static ColumnBatch random(
      List<ColumnSpec> specs, int rows, RandomGenerator random, BufferAllocator allocator) {
    ColumnBatch batch = ColumnBatch.allocate(allocator, specs, rows);
    for (int i = 0; i < specs.size(); i++) {
      fill(batch.column(i), rows, random);
    }
    batch.rows(rows);
    return batch;
  }

  private static void fill(Column column, int rows, RandomGenerator random) {
    for (int i = 0; i < rows * column.spec().elementsPerRow(); i++) {
      if (column instanceof StringColumn strings) {
        byte[] word = random(Kind.STRING, random).toString().getBytes(StandardCharsets.UTF_8);
        strings.append(word, 0, word.length);
      } else {
        ((FixedWidthColumn) column).number(i, random(column.spec().type().kind(), random));
      }
    }
  }

  private static Number random(Kind kind, RandomGenerator random) {
    return switch (kind) {
      case FLOAT -> random.nextGaussian();
      case BOOL -> random.nextInt(2);
      case SIGNED, UNSIGNED, STRING -> random.nextInt(DIGITS);
    };
  }

  /**
   * Whether the rows are made up. A model that fails on such rows may be a good one: it may decode
   * images, or look up what is never 0.
   */
  public boolean made() {
    return made;
  }

  /**
   * A batch of this many rows. The caller closes it.
   *
   * @param count how many, at least 1
   * @throws org.apache.arrow.memory.OutOfMemoryException if the allocator's limit does not allow it
   */
  public ColumnBatch of(int count, BufferAllocator allocator) {
    if (count < 1) {
      throw new IllegalArgumentException("rows of a sample: " + count + " (expected: >= 1)");
    }
    return rows.of(count, allocator);
  }

  /**
   * Lets a model score some rows. Blocks until the engine is done.
   *
   * @param memoryLimitBytes the most that the rows and the answer may take
   * @throws io.tidemill.model.ModelException whatever the model throws
   */
  public void score(Model model, int count, long memoryLimitBytes) {
    String name = "sample of " + model.version();
    try (BufferAllocator allocator = ColumnMemory.child(name, memoryLimitBytes);
        ColumnBatch input = of(count, allocator)) {
      model.score(input, allocator).close();
    }
  }
}
