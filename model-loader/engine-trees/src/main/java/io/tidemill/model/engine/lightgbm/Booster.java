package io.tidemill.model.engine.lightgbm;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.columnar.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * A loaded model in LightGBM's memory.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call and comes once.
 */
final class Booster implements AutoCloseable {
  private static final int FLOAT32 = 0;
  private static final int FLOAT64 = 1;
  private static final int TRANSFORMED = 0;
  private static final int ALL = -1;

  private final long handle;
  private final int features;
  private final ByteBuffer parameters;

  private Booster(long handle, int features, int threads) {
    this.handle = handle;
    this.features = features;
    byte[] text =
        "num_threads=%d verbosity=-1\0".formatted(threads).getBytes(StandardCharsets.US_ASCII);
    parameters = ByteBuffer.allocateDirect(text.length).put(0, text);
  }

  /** Native memory for the length of one call's answer; serves one call at a time. */
  static final class Length {
    private final ByteBuffer memory =
        ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
    private final long address = MemoryUtil.getByteBufferAddress(memory);

    /** Values that the last call answered. */
    long get() {
      return memory.getLong(0);
    }
  }

  /**
   * Loads a model whose text is proved whole.
   *
   * @param subject what messages begin with
   * @param threads threads of one call
   * @throws InvalidModelException if LightGBM does not take it, or finds another size in it
   */
  static Booster load(String subject, ModelText text, int threads) {
    LightGbmLibrary.start();
    ByteBuffer out = ByteBuffer.allocateDirect(2 * Long.BYTES).order(ByteOrder.nativeOrder());
    long address = MemoryUtil.getByteBufferAddress(out);
    check(subject, create(text, address, address + 8));
    long handle = out.getLong(8);
    try {
      check(subject, LightGbmLibrary.LGBM_BoosterGetNumFeature(handle, address));
      int features = out.getInt(0);
      check(
          subject,
          LightGbmLibrary.LGBM_BoosterCalcNumPredict(handle, 1, TRANSFORMED, 0, ALL, address));
      long classes = out.getLong(0);
      if (features != text.features() || classes != text.classes()) {
        throw new InvalidModelException(
            "%s: LightGBM finds %d features and %d classes but the text says %d and %d"
                .formatted(subject, features, classes, text.features(), text.classes()));
      }
      return new Booster(handle, features, threads);
    } catch (RuntimeException e) {
      LightGbmLibrary.LGBM_BoosterFree(handle);
      throw e;
    }
  }

  private static int create(ModelText text, long iterations, long handle) {
    if (text.isAsWritten()) {
      return LightGbmLibrary.LGBM_BoosterCreateFromModelfile(
          text.file().toString(), iterations, handle);
    }
    byte[] bytes = text.bytes();
    try (Memory memory = new Memory(bytes.length)) {
      memory.write(0, bytes, 0, bytes.length);
      return LightGbmLibrary.LGBM_BoosterLoadModelFromString(
          Pointer.nativeValue(memory), iterations, handle);
    }
  }

  private static void check(String subject, int answer) {
    if (answer != 0) {
      throw new InvalidModelException(
          "%s: LightGBM cannot load it: %s"
              .formatted(subject, LightGbmLibrary.LGBM_GetLastError()));
    }
  }

  /**
   * Predicts the rows at an address. LightGBM reads them where they are and writes where it is
   * told.
   *
   * @return whether LightGBM did it; if not, its words are in {@code LGBM_GetLastError}
   */
  boolean predict(Length length, ElementType type, long rowsAddress, int rows, long result) {
    return LightGbmLibrary.LGBM_BoosterPredictForMat(
            handle,
            rowsAddress,
            type == ElementType.FLOAT64 ? FLOAT64 : FLOAT32,
            rows,
            features,
            1,
            TRANSFORMED,
            0,
            ALL,
            MemoryUtil.getByteBufferAddress(parameters),
            length.address,
            result)
        == 0;
  }

  @Override
  public void close() {
    LightGbmLibrary.LGBM_BoosterFree(handle);
  }
}
