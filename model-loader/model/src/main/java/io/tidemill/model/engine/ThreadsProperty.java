package io.tidemill.model.engine;

import io.tidemill.model.Placement;
import io.tidemill.model.UnavailableHereException;
import org.jspecify.annotations.Nullable;

/**
 * A system property with a number of threads, 1 where it is not set.
 *
 * @param name as in {@code tidemill.onnx.intra-op-threads}
 */
public record ThreadsProperty(String name) {

  /**
   * What it says now.
   *
   * @throws UnavailableHereException if that is no number of threads
   */
  public int get() {
    String value = System.getProperty(name, "1");
    try {
      int threads = Integer.parseInt(value);
      if (threads >= 1 && threads <= Placement.MOST_THREADS) {
        return threads;
      }
    } catch (NumberFormatException notANumber) {
      throw refused(value, notANumber);
    }
    throw refused(value, null);
  }

  private UnavailableHereException refused(String value, @Nullable Throwable cause) {
    return new UnavailableHereException(
        "-D%s: '%s' (expected: 1 to %d)".formatted(name, value, Placement.MOST_THREADS), cause);
  }
}
