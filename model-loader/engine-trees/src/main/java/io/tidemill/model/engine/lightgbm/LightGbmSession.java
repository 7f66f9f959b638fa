package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.ModelCallException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.Column;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.columnar.FixedWidthColumn;
import io.tidemill.model.engine.EngineSession;
import io.tidemill.model.engine.EngineWords;
import io.tidemill.model.engine.InputShape;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A booster that reads the rows where the encoder wrote them and writes its prediction where the
 * result lies; nothing is copied. NaN is a missing value.
 *
 * <p>The prediction is what the objective makes of it (a probability for {@code binary}), from all
 * trees.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call.
 */
final class LightGbmSession implements EngineSession {
  private static final EngineWords WORDS = new EngineWords("LightGBM");

  private final ModelVersion version;
  private final Booster booster;
  private final ElementType type;
  private final InputShape shape;
  private final ColumnSpec output;
  private final ConcurrentLinkedQueue<Booster.Length> lengths = new ConcurrentLinkedQueue<>();

  /**
   * Takes over a booster.
   *
   * @param signature fits the booster: one input and one output
   */
  LightGbmSession(ModelVersion version, Signature signature, Booster booster) {
    this.version = version;
    this.booster = booster;
    type = signature.inputs().get(0).type();
    shape = new InputShape(signature.inputs().get(0));
    output = signature.outputs().get(0).column();
  }

  @Override
  public List<Column> call(ColumnBatch batch, BufferAllocator allocator) {
    shape.check(batch.column(0), batch.rows());
    FixedWidthColumn result = FixedWidthColumn.allocate(allocator, output, batch.rows());
    Booster.Length length = lengths.poll();
    if (length == null) {
      length = new Booster.Length();
    }
    try {
      call(length, batch, result.address());
      return List.of(result);
    } catch (RuntimeException e) {
      result.close();
      throw e;
    } finally {
      lengths.add(length);
    }
  }

  private void call(Booster.Length length, ColumnBatch batch, long result) {
    int rows = batch.rows();
    if (!booster.predict(length, type, batch.fixedWidth(0).address(), rows, result)) {
      throw WORDS.ofCall(version, rows, LightGbmLibrary.LGBM_GetLastError(), null);
    }
    if (length.get() != (long) rows * output.elementsPerRow()) {
      throw new ModelCallException(
          "%s: call with %d rows: %d values came back (expected: %d for each row)"
              .formatted(version, rows, length.get(), output.elementsPerRow()));
    }
  }

  @Override
  public void close() {
    booster.close();
  }
}
