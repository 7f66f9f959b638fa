package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.BatchCheck;
import io.tidemill.model.engine.InputShape;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;

/**
 * A booster that reads the rows where the encoder wrote them and writes its prediction where the
 * result lies; nothing is copied. NaN is a missing value.
 *
 * <p>The prediction is what the objective makes of it (a probability for {@code binary}), from all
 * trees.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class LightGbmModel implements Model {
  private final ModelVersion version;
  private final Signature signature;
  private final Booster booster;
  private final ElementType type;
  private final InputShape shape;
  private final ColumnSpec output;
  private final ConcurrentLinkedQueue<Booster.Length> lengths = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Takes over a booster.
   *
   * @param signature fits the booster: one input and one output
   */
  LightGbmModel(ModelVersion version, Signature signature, Booster booster) {
    this.version = version;
    this.signature = signature;
    this.booster = booster;
    type = signature.inputs().get(0).type();
    shape = new InputShape(signature.inputs().get(0));
    output = signature.outputs().get(0).column();
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
  public ColumnBatch predict(ColumnBatch batch, BufferAllocator allocator) {
    check(batch);
    FixedWidthColumn result = allocate(batch.rows(), allocator);
    Booster.Length length = lengths.poll();
    if (length == null) {
      length = new Booster.Length();
    }
    try {
      call(length, batch, result.address());
      return ColumnBatch.of(batch.rows(), List.of(result));
    } catch (RuntimeException e) {
      result.close();
      throw e;
    } finally {
      lengths.add(length);
    }
  }

  private FixedWidthColumn allocate(int rows, BufferAllocator allocator) {
    try {
      return FixedWidthColumn.allocate(allocator, output, rows);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, rows, e.getMessage()),
          e);
    }
  }

  private void check(ColumnBatch batch) {
    if (closed.get()) {
      throw new IllegalStateException(version + ": closed (expected: loaded)");
    }
    BatchCheck.input(version, signature, batch);
    shape.check(batch.column(0), batch.rows());
  }

  private void call(Booster.Length length, ColumnBatch batch, long result) {
    int rows = batch.rows();
    if (!booster.predict(length, type, batch.fixedWidth(0).address(), rows, result)) {
      String reason = LightGbmLibrary.LGBM_GetLastError();
      if (reason.contains("bad_alloc")) {
        throw new ModelOutOfMemoryException(
            "%s: LightGBM ran out of memory in a call with %d rows".formatted(version, rows));
      }
      throw new ModelCallException(
          "%s: LightGBM failed a call with %d rows: %s".formatted(version, rows, reason));
    }
    if (length.get() != (long) rows * output.elementsPerRow()) {
      throw new ModelCallException(
          "%s: call with %d rows: %d values came back (expected: %d for each row)"
              .formatted(version, rows, length.get(), output.elementsPerRow()));
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      booster.close();
    }
  }
}
