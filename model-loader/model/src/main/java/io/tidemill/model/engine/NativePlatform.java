package io.tidemill.model.engine;

import io.tidemill.model.UnavailableHereException;

/**
 * What a native library runs on.
 *
 * @param system as in {@code Linux}
 * @param architecture as in {@code amd64}
 */
public record NativePlatform(String system, String architecture) {

  /** This process's. */
  public static NativePlatform here() {
    return new NativePlatform(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
  }

  /**
   * Refuses any but the one that the native libraries of engines are packaged for and run on.
   *
   * @throws UnavailableHereException naming this one
   */
  public void require(String engine) {
    boolean known =
        system.equals("Linux") && (architecture.equals("amd64") || architecture.equals("x86_64"));
    if (!known) {
      throw new UnavailableHereException(
          "engine %s: platform %s %s (expected: Linux amd64, the only one that a native library is packaged for)"
              .formatted(engine, system, architecture));
    }
  }
}
