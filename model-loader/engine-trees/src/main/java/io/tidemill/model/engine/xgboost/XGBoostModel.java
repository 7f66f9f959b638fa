package io.tidemill.model.engine.xgboost;

import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.BatchCheck;
import io.tidemill.model.engine.InputShape;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * A booster that predicts in place: XGBoost reads the rows where the encoder wrote them; NaN is a
 * missing value.
 *
 * <p>The prediction is what the objective makes of it (a probability for {@code binary:logistic}),
 * from all trees. It is copied once, because XGBoost answers in memory of its own that the thread's
 * next call writes over.
 *
 * <p>XGBoost keeps that memory, one prediction large, until the thread that called ends, also when
 * the model is unloaded before.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class XGBoostModel implements Model {
  private final ModelVersion version;
  private final Signature signature;
  private final Booster booster;
  private final InputShape shape;
  private final ColumnSpec output;
  private final ConcurrentLinkedQueue<CallFrame> frames = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * Takes over a booster.
   *
   * @param signature fits the booster: one input and one output
   */
  XGBoostModel(ModelVersion version, Signature signature, Booster booster) {
    this.version = version;
    this.signature = signature;
    this.booster = booster;
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
    CallFrame frame = frames.poll();
    if (frame == null) {
      frame = booster.newFrame();
    }
    try {
      if (!booster.predict(frame, batch.fixedWidth(0).address(), batch.rows())) {
        throw failure(batch.rows());
      }
      return take(frame, batch.rows(), allocator);
    } catch (OutOfMemoryException e) {
      throw new ModelOutOfMemoryException(
          "%s: no memory for the result of %d rows: %s; give the job more off-heap memory or a smaller max-size"
              .formatted(version, batch.rows(), e.getMessage()),
          e);
    } finally {
      frames.add(frame);
    }
  }

  private void check(ColumnBatch batch) {
    if (closed.get()) {
      throw new IllegalStateException(version + ": closed (expected: loaded)");
    }
    BatchCheck.input(version, signature, batch);
    shape.check(batch.column(0), batch.rows());
  }

  private RuntimeException failure(int rows) {
    String reason = Booster.reason();
    return reason.contains("bad_alloc")
        ? new ModelOutOfMemoryException(
            "%s: XGBoost ran out of memory in a call with %d rows".formatted(version, rows))
        : new ModelCallException(
            "%s: XGBoost failed a call with %d rows: %s".formatted(version, rows, reason));
  }

  private ColumnBatch take(CallFrame frame, int rows, BufferAllocator allocator) {
    long elements = 1;
    for (int i = 0; i < frame.rank(); i++) {
      elements *= frame.size(i);
    }
    if (elements != (long) rows * output.elementsPerRow()) {
      throw new ModelCallException(
          "%s: call with %d rows: %d elements came back (expected: %d for each row)"
              .formatted(version, rows, elements, output.elementsPerRow()));
    }
    FixedWidthColumn column = FixedWidthColumn.allocate(allocator, output, rows);
    MemoryUtil.copyMemory(frame.address(), column.address(), rows * output.bytesPerRow());
    return ColumnBatch.of(rows, List.of(column));
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      booster.close();
    }
  }
}
