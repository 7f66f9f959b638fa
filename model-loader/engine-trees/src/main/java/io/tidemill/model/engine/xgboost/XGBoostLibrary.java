package io.tidemill.model.engine.xgboost;

import com.sun.jna.ptr.LongByReference;
import io.tidemill.model.engine.BundledLibrary;

/**
 * The functions of XGBoost's C interface that scoring needs, under their own names.
 *
 * <p>Addresses are {@code long}s where a call of the model gives them, so that it costs nothing but
 * itself. Each function answers 0, or another number and its words in {@link #XGBGetLastError} of
 * the same thread. Usable once {@link #start()} returned.
 *
 * <p>Thread-safe where XGBoost is: {@code XGBoosterPredictFromDense} on a booster that has
 * predicted before, and everything on different boosters.
 */
final class XGBoostLibrary {
  static final BundledLibrary JAR =
      new BundledLibrary(
          "xgboost", "/lib/linux/x86_64/libxgboost4j.so", "ml.dmlc:xgboost4j_2.12:3.4.0", "2.14");

  private XGBoostLibrary() {}

  /** Starts the library unless it runs. */
  static void start() {
    JAR.bind(XGBoostLibrary.class);
  }

  static native String XGBGetLastError();

  static native int XGBoosterCreate(long matrices, long count, LongByReference outHandle);

  static native int XGBoosterFree(long handle);

  static native int XGBoosterLoadModel(long handle, String file);

  static native int XGBoosterSetParam(long handle, String name, String value);

  static native int XGBoosterGetNumFeature(long handle, LongByReference outCount);

  static native int XGBoosterPredictFromDense(
      long handle,
      long arrayInterface,
      long config,
      long metaInformation,
      long outShape,
      long outDimensions,
      long outResult);
}
