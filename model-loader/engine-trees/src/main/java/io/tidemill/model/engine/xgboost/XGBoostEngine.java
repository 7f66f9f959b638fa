package io.tidemill.model.engine.xgboost;

import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.BundledLibrary;

/**
 * The native library of this process: started once, never stopped.
 *
 * <p>Thread-safe.
 */
final class XGBoostEngine {
  static final BundledLibrary LIBRARY =
      new BundledLibrary(
          "xgboost", "/lib/linux/x86_64/libxgboost4j.so", "ml.dmlc:xgboost4j_2.12:3.4.0", "2.14");

  private static boolean started;

  private XGBoostEngine() {}

  /**
   * Starts the engine unless it runs.
   *
   * @throws UnavailableHereException if its jar is absent or its native library does not run here
   */
  static synchronized void start() {
    if (!started) {
      LIBRARY.bind(XGBoostLibrary.class);
      started = true;
    }
  }
}
