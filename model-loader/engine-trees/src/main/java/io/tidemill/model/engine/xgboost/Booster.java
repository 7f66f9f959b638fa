package io.tidemill.model.engine.xgboost;

import com.sun.jna.ptr.LongByReference;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.arrow.memory.util.MemoryUtil;

/**
 * A loaded model in XGBoost's memory, and what it says of its input and its prediction.
 *
 * <p>Thread-safe, except that {@link #close()} must not run beside a call and comes once.
 */
final class Booster implements AutoCloseable {
  private static final int MOST_FEATURES = 1 << 24;
  private static final Pattern ORIGIN = Pattern.compile("^\\[[0-9:]+] \\S+:\\d+: ");

  private final long handle;
  private final int features;
  private final int iterations;
  private final Signature signature;

  private Booster(long handle, int features, int iterations, Signature signature) {
    this.handle = handle;
    this.features = features;
    this.iterations = iterations;
    this.signature = signature;
  }

  /**
   * Loads a file and predicts one row without any value, which says what a prediction looks like.
   * It also makes XGBoost configure itself, after which calls may run at the same time.
   *
   * @param subject what messages begin with
   * @param threads threads of one call
   * @throws InvalidModelException if XGBoost does not take it
   */
  static Booster load(String subject, Path file, int threads) {
    int iterations = SavedBooster.read(subject, file).iterations();
    XGBoostLibrary.start();
    long handle = create(subject);
    try {
      check(subject, XGBoostLibrary.XGBoosterSetParam(handle, "nthread", String.valueOf(threads)));
      check(subject, XGBoostLibrary.XGBoosterLoadModel(handle, file.toString()));
      int features = features(subject, handle);
      CallFrame frame = new CallFrame(features, iterations);
      return new Booster(handle, features, iterations, signature(subject, handle, features, frame));
    } catch (RuntimeException e) {
      XGBoostLibrary.XGBoosterFree(handle);
      throw e;
    }
  }

  private static long create(String subject) {
    LongByReference out = new LongByReference();
    check(subject, XGBoostLibrary.XGBoosterCreate(0, 0, out));
    return out.getValue();
  }

  private static int features(String subject, long handle) {
    LongByReference out = new LongByReference();
    check(subject, XGBoostLibrary.XGBoosterGetNumFeature(handle, out));
    long features = out.getValue();
    if (features < 1 || features > MOST_FEATURES) {
      throw new InvalidModelException(
          "%s: %d features (expected: 1 to %d)".formatted(subject, features, MOST_FEATURES));
    }
    return (int) features;
  }

  private static Signature signature(String subject, long handle, int features, CallFrame frame) {
    ByteBuffer row =
        ByteBuffer.allocateDirect(features * Float.BYTES).order(ByteOrder.nativeOrder());
    for (int i = 0; i < features; i++) {
      row.putFloat(i * Float.BYTES, Float.NaN);
    }
    check(subject, frame.predict(handle, MemoryUtil.getByteBufferAddress(row), 1) ? 0 : -1);
    long[] shape = new long[frame.rank()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = i == 0 ? -1 : frame.size(i);
      if (shape[i] == 0) {
        throw new InvalidModelException(subject + ": a prediction has no values (expected: some)");
      }
    }
    return new Signature(
        List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, features)),
        List.of(TensorSpec.of("prediction", ElementType.FLOAT32, shape)));
  }

  private static void check(String subject, int answer) {
    if (answer != 0) {
      throw new InvalidModelException(
          "%s: XGBoost cannot load it: %s".formatted(subject, reason()));
    }
  }

  /** What XGBoost said about the last failure of this thread, without its own place in it. */
  static String reason() {
    String words = XGBoostLibrary.XGBGetLastError();
    String first = words.lines().filter(line -> !line.isBlank()).findFirst().orElse(words);
    return ORIGIN.matcher(first).replaceFirst("");
  }

  /** Input and prediction as the model has them. */
  Signature signature() {
    return signature;
  }

  CallFrame newFrame() {
    return new CallFrame(features, iterations);
  }

  /**
   * Predicts the rows at an address.
   *
   * @return whether XGBoost did it; if not, {@link #reason()} says why
   */
  boolean predict(CallFrame frame, long address, int rows) {
    return frame.predict(handle, address, rows);
  }

  @Override
  public void close() {
    XGBoostLibrary.XGBoosterFree(handle);
  }
}
