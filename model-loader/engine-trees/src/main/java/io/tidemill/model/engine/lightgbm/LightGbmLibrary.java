package io.tidemill.model.engine.lightgbm;

import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import io.tidemill.model.engine.BundledLibrary;

/**
 * The functions of LightGBM's C interface that scoring needs, under their own names.
 *
 * <p>Addresses are {@code long}s where a call of the model gives them, so that it costs nothing but
 * itself. Each function answers 0, or another number and its words in {@link #LGBM_GetLastError} of
 * the same thread. Usable once {@link #start()} returned.
 *
 * <p>Thread-safe: LightGBM lets predictions of one booster run at the same time.
 */
final class LightGbmLibrary {
  static final BundledLibrary JAR =
      new BundledLibrary(
          "lightgbm",
          "/lightgbm4j/linux/x86_64/lib_lightgbm.so",
          "io.github.metarank:lightgbm4j:4.3.0-1",
          "2.29");

  private LightGbmLibrary() {}

  /** Starts the library unless it runs. */
  static void start() {
    JAR.bind(LightGbmLibrary.class);
  }

  static native String LGBM_GetLastError();

  static native int LGBM_BoosterCreateFromModelfile(
      String file, IntByReference outIterations, LongByReference outHandle);

  static native int LGBM_BoosterLoadModelFromString(
      long text, IntByReference outIterations, LongByReference outHandle);

  static native int LGBM_BoosterFree(long handle);

  static native int LGBM_BoosterGetNumFeature(long handle, IntByReference outCount);

  static native int LGBM_BoosterCalcNumPredict(
      long handle,
      int rows,
      int kind,
      int startIteration,
      int iterations,
      LongByReference outLength);

  static native int LGBM_BoosterPredictForMat(
      long handle,
      long data,
      int type,
      int rows,
      int columns,
      int rowMajor,
      int kind,
      int startIteration,
      int iterations,
      long parameters,
      long outLength,
      long outResult);
}
