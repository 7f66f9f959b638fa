package io.tidemill.model.engine.lightgbm;

import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.engine.BundledLibrary;

/**
 * The native library of this process: started once, never stopped.
 *
 * <p>Thread-safe.
 */
final class LightGbmEngine {
  static final BundledLibrary LIBRARY =
      new BundledLibrary(
          "lightgbm",
          "/lightgbm4j/linux/x86_64/lib_lightgbm.so",
          "io.github.metarank:lightgbm4j:4.3.0-1",
          "2.29");

  private static boolean started;

  private LightGbmEngine() {}

  /**
   * Starts the engine unless it runs.
   *
   * @throws UnavailableHereException if its jar is absent or its native library does not run here
   */
  static synchronized void start() {
    if (!started) {
      LIBRARY.bind(LightGbmLibrary.class);
      started = true;
    }
  }
}
