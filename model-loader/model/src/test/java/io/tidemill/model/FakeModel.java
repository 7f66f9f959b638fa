package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.columnar.StringColumn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A model for tests, without an engine. Every element of an output row is {@link #sum} of the input
 * row, so each row can be checked against its own record. A test may replace the {@link Behaviour}
 * at any time.
 *
 * <p>Thread-safe.
 */
public final class FakeModel implements Model {
  /** Answers a call: may block, throw, or answer what no model should. */
  @FunctionalInterface
  public interface Behaviour {
    ColumnBatch predict(FakeModel model, ColumnBatch input, BufferAllocator allocator);
  }

  /** One call that reached the model, whatever came of it. */
  public record Call(int rows, Thread thread) {}

  private final ModelVersion version;
  private final Signature signature;
  private final List<Call> calls = new CopyOnWriteArrayList<>();
  private final AtomicInteger openHandles = new AtomicInteger();
  private volatile Behaviour behaviour = FakeModel::answer;
  private volatile boolean closed;
  private volatile @Nullable Gpu gpu;

  public FakeModel(ModelVersion version, Signature signature) {
    this.version = requireNonNull(version, "version");
    this.signature = requireNonNull(signature, "signature");
  }

  /** {@code fake:1.0.0} with this signature. */
  public FakeModel(Signature signature) {
    this(version("fake", "1.0.0"), signature);
  }

  /** {@code features float32[-1, width]} to {@code score float32[-1, 1]}. */
  public static FakeModel ofFeatures(int width) {
    return new FakeModel(
        new Signature(
            List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, width)),
            List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1))));
  }

  /** A version with a digest of zeros. */
  public static ModelVersion version(String name, String version) {
    return new ModelVersion(name, SemanticVersion.parse(version), "sha256:" + "0".repeat(64));
  }

  /** From the next call on, answers this way. */
  public FakeModel behave(Behaviour next) {
    behaviour = requireNonNull(next, "next");
    return this;
  }

  /** From the next handle on, it is on a GPU. */
  public FakeModel on(Gpu there) {
    gpu = requireNonNull(there, "there");
    return this;
  }

  /** The GPU that it is on; empty on the CPU. */
  public Optional<Gpu> gpu() {
    return Optional.ofNullable(gpu);
  }

  /** Every call throws what the supplier makes. */
  public static Behaviour failing(Supplier<? extends RuntimeException> failure) {
    return (model, input, allocator) -> {
      throw failure.get();
    };
  }

  /** Every call answers this many rows. */
  public static Behaviour answeringRows(int rows) {
    return (model, input, allocator) -> model.answer(input, rows, allocator);
  }

  /** Every call answers NaN in every float. */
  public static Behaviour answeringNaN() {
    return (model, input, allocator) -> model.constant(input.rows(), Double.NaN, allocator);
  }

  /** No call ends but by an interruption; each counts down when it has begun. */
  public static Behaviour held(CountDownLatch begun) {
    Behaviour forEver = waitingFor(new CountDownLatch(1));
    return (model, input, allocator) -> {
      begun.countDown();
      return forEver.predict(model, input, allocator);
    };
  }

  /** Every call waits for the gate; one that is interrupted meanwhile throws. */
  public static Behaviour waitingFor(CountDownLatch gate) {
    return (model, input, allocator) -> {
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted in a call", e);
      }
      return model.answer(input, allocator);
    };
  }

  @Override
  public ModelVersion version() {
    return version;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    if (closed) {
      throw new IllegalStateException("call of " + version + ": closed (expected: open)");
    }
    calls.add(new Call(input.rows(), Thread.currentThread()));
    return behaviour.predict(this, input, allocator);
  }

  /** The right answer: a row of output for every row of input. */
  public ColumnBatch answer(ColumnBatch input, BufferAllocator allocator) {
    return answer(input, input.rows(), allocator);
  }

  private ColumnBatch answer(ColumnBatch input, int rows, BufferAllocator allocator) {
    ColumnBatch output = allocate(rows, allocator);
    for (int row = 0; row < rows; row++) {
      fill(output, row, row < input.rows() ? sum(input, row) : 0);
    }
    return output;
  }

  private ColumnBatch constant(int rows, double value, BufferAllocator allocator) {
    ColumnBatch output = allocate(rows, allocator);
    for (int row = 0; row < rows; row++) {
      fill(output, row, value);
    }
    return output;
  }

  private ColumnBatch allocate(int rows, BufferAllocator allocator) {
    List<ColumnSpec> specs = signature.outputs().stream().map(TensorSpec::column).toList();
    ColumnBatch output = ColumnBatch.allocate(allocator, specs, rows);
    output.rows(rows);
    return output;
  }

  /** The sum of all values of a row; a string counts as its length in bytes. */
  public static double sum(ColumnBatch input, int row) {
    double sum = 0;
    for (int i = 0; i < input.columns(); i++) {
      Column column = input.column(i);
      int width = column.spec().elementsPerRow();
      for (int element = row * width; element < (row + 1) * width; element++) {
        sum += value(column, element);
      }
    }
    return sum;
  }

  private static double value(Column column, int element) {
    if (column instanceof StringColumn strings) {
      return strings.length(element);
    }
    return ((FixedWidthColumn) column).number(element).doubleValue();
  }

  private static void fill(ColumnBatch output, int row, double value) {
    for (int i = 0; i < output.columns(); i++) {
      Column column = output.column(i);
      int width = column.spec().elementsPerRow();
      for (int element = row * width; element < (row + 1) * width; element++) {
        put(column, element, value);
      }
    }
  }

  private static void put(Column column, int element, double value) {
    if (column instanceof StringColumn strings) {
      byte[] text = Double.toString(value).getBytes(StandardCharsets.UTF_8);
      strings.append(text, 0, text.length);
      return;
    }
    FixedWidthColumn values = (FixedWidthColumn) column;
    switch (column.spec().type().kind()) {
      case FLOAT -> values.number(element, value);
      case SIGNED, UNSIGNED -> values.number(element, (long) value & 0x7F);
      case BOOL -> values.setBoolean(element, value != 0);
      case STRING -> throw new IllegalStateException("a string column of fixed width");
    }
  }

  /** Every call so far, in the order of arrival. */
  public List<Call> calls() {
    return List.copyOf(calls);
  }

  /** Rows of every call so far, in the order of arrival. */
  public List<Integer> callSizes() {
    return calls.stream().map(Call::rows).toList();
  }

  /** Handles that were given out and are not closed yet. */
  public int openHandles() {
    return openHandles.get();
  }

  /** Counts a handle that is given out, or with -1 one that is closed. */
  public void countHandle(int change) {
    openHandles.addAndGet(change);
  }

  /** Whether {@link #close()} was called. */
  public boolean closed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
  }
}
