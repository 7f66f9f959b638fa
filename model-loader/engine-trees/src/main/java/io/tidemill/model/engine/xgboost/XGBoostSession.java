package io.tidemill.model.engine.xgboost;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.EngineSession;
import io.tidemill.model.engine.EngineWords;
import io.tidemill.model.engine.InputShape;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.arrow.memory.BufferAllocator;
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
final class XGBoostSession implements EngineSession {
  private static final EngineWords WORDS = new EngineWords("XGBoost");

  private final ModelVersion version;
  private final Booster booster;
  private final InputShape shape;
  private final ColumnSpec output;
  private final ConcurrentLinkedQueue<CallFrame> frames = new ConcurrentLinkedQueue<>();

  /**
   * Takes over a booster.
   *
   * @param signature fits the booster: one input and one output
   */
  XGBoostSession(ModelVersion version, Signature signature, Booster booster) {
    this.version = version;
    this.booster = booster;
    shape = new InputShape(signature.inputs().get(0));
    output = signature.outputs().get(0).column();
  }

  @Override
  public List<Column> call(ColumnBatch batch, BufferAllocator allocator) {
    shape.check(batch.column(0), batch.rows());
    CallFrame frame = frames.poll();
    if (frame == null) {
      frame = booster.newFrame();
    }
    try {
      if (!booster.predict(frame, batch.fixedWidth(0).address(), batch.rows())) {
        throw WORDS.ofCall(version, batch.rows(), Booster.reason(), null);
      }
      return List.of(take(frame, batch.rows(), allocator));
    } finally {
      frames.add(frame);
    }
  }

  private Column take(CallFrame frame, int rows, BufferAllocator allocator) {
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
    return column;
  }

  @Override
  public void close() {
    booster.close();
  }
}
