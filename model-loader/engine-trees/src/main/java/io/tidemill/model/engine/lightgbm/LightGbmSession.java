package io.tidemill.model.engine.lightgbm;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import io.tidemill.model.InvalidModelException;
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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * A model in LightGBM's memory. LightGBM reads the rows where the encoder wrote them and writes its
 * prediction where the result lies; nothing is copied. NaN is a missing value.
 *
 * <p>The prediction is what the objective makes of it (a probability for {@code binary}), from all
 * trees.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call and comes once.
 */
final class LightGbmSession implements EngineSession {
  private static final EngineWords WORDS = new EngineWords("LightGBM");
  private static final int FLOAT32 = 0;
  private static final int FLOAT64 = 1;
  private static final int TRANSFORMED = 0;
  private static final int ALL = -1;

  private final ModelVersion version;
  private final long handle;
  private final InputShape shape;
  private final int type;
  private final int features;
  private final ColumnSpec output;
  private final ByteBuffer parameters;

  /** Native memory for the length of an answer; each serves one call at a time. */
  private final ConcurrentLinkedQueue<ByteBuffer> lengths = new ConcurrentLinkedQueue<>();

  private LightGbmSession(ModelVersion version, Signature signature, long handle, int threads) {
    this.version = version;
    this.handle = handle;
    shape = new InputShape(signature.inputs().get(0));
    ColumnSpec input = signature.inputs().get(0).column();
    type = input.type() == ElementType.FLOAT64 ? FLOAT64 : FLOAT32;
    features = input.elementsPerRow();
    output = signature.outputs().get(0).column();
    byte[] text =
        "num_threads=%d verbosity=-1\0".formatted(threads).getBytes(StandardCharsets.US_ASCII);
    parameters = ByteBuffer.allocateDirect(text.length).put(0, text);
  }

  /**
   * Loads a model whose text is proved whole.
   *
   * @param signature fits the text
   * @param threads threads of one call
   * @throws InvalidModelException if LightGBM does not take it, or finds another size in it
   */
  static LightGbmSession load(
      ModelVersion version, Signature signature, ModelText text, int threads) {
    LightGbmLibrary.start();
    LongByReference out = new LongByReference();
    check(version, create(text, out));
    long handle = out.getValue();
    try {
      IntByReference features = new IntByReference();
      check(version, LightGbmLibrary.LGBM_BoosterGetNumFeature(handle, features));
      check(
          version, LightGbmLibrary.LGBM_BoosterCalcNumPredict(handle, 1, TRANSFORMED, 0, ALL, out));
      if (features.getValue() != text.features() || out.getValue() != text.classes()) {
        throw new InvalidModelException(
            "%s: LightGBM finds %d features and %d classes but the text says %d and %d"
                .formatted(
                    version, features.getValue(), out.getValue(), text.features(), text.classes()));
      }
      return new LightGbmSession(version, signature, handle, threads);
    } catch (RuntimeException e) {
      LightGbmLibrary.LGBM_BoosterFree(handle);
      throw e;
    }
  }

  private static int create(ModelText text, LongByReference handle) {
    IntByReference iterations = new IntByReference();
    if (text.isAsWritten()) {
      String file = text.file().toString();
      return LightGbmLibrary.LGBM_BoosterCreateFromModelfile(file, iterations, handle);
    }
    byte[] bytes = text.bytes();
    try (Memory memory = new Memory(bytes.length)) {
      memory.write(0, bytes, 0, bytes.length);
      return LightGbmLibrary.LGBM_BoosterLoadModelFromString(
          Pointer.nativeValue(memory), iterations, handle);
    }
  }

  private static void check(ModelVersion version, int answer) {
    if (answer != 0) {
      throw new InvalidModelException(
          "%s: LightGBM cannot load it: %s"
              .formatted(version, LightGbmLibrary.LGBM_GetLastError()));
    }
  }

  @Override
  public List<Column> call(ColumnBatch batch, BufferAllocator allocator) {
    shape.check(batch.column(0), batch.rows());
    FixedWidthColumn result = FixedWidthColumn.allocate(allocator, output, batch.rows());
    ByteBuffer length = lengths.poll();
    if (length == null) {
      length = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
    }
    try {
      call(batch.rows(), batch.fixedWidth(0).address(), length, result.address());
      return List.of(result);
    } catch (RuntimeException e) {
      result.close();
      throw e;
    } finally {
      lengths.add(length);
    }
  }

  private void call(int rows, long address, ByteBuffer length, long result) {
    int answer =
        LightGbmLibrary.LGBM_BoosterPredictForMat(
            handle,
            address,
            type,
            rows,
            features,
            1,
            TRANSFORMED,
            0,
            ALL,
            MemoryUtil.getByteBufferAddress(parameters),
            MemoryUtil.getByteBufferAddress(length),
            result);
    if (answer != 0) {
      throw WORDS.ofCall(version, rows, LightGbmLibrary.LGBM_GetLastError(), null);
    }
    if (length.getLong(0) != (long) rows * output.elementsPerRow()) {
      throw new ModelCallException(
          "%s: call with %d rows: %d values came back (expected: %d for each row)"
              .formatted(version, rows, length.getLong(0), output.elementsPerRow()));
    }
  }

  @Override
  public void close() {
    LightGbmLibrary.LGBM_BoosterFree(handle);
  }
}
