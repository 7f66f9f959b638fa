package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a model runs, and with how many threads.
 *
 * <p>Immutable and thread-safe.
 *
 * @param threads that compute one call, that of the caller among them; null leaves it to the engine
 */
public record Placement(Device device, @Nullable Integer threads) implements Serializable {
  /** The most threads that can be said. */
  public static final int MOST_THREADS = 1024;

  /** The machine's processors, with as many threads as the engine chooses. */
  public static final Placement CPU = on(Device.CPU);

  public Placement {
    requireNonNull(device, "device");
    if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
      throw new IllegalArgumentException(
          "threads: " + threads + " (expected: 1 to " + MOST_THREADS + ")");
    }
  }

  /** A device, with as many threads as the engine chooses. */
  public static Placement on(Device device) {
    return new Placement(device, null);
  }

  /** The same threads on another device. */
  public Placement withDevice(Device other) {
    return new Placement(other, threads);
  }

  /**
   * The same device with this many threads.
   *
   * @param count 1 to {@value #MOST_THREADS}
   */
  public Placement withThreads(int count) {
    return new Placement(device, count);
  }

  /** The threads that are said, or else what the engine chooses. */
  public int threadsOr(IntSupplier choice) {
    return threads == null ? choice.getAsInt() : threads;
  }

  @Override
  public String toString() {
    return threads == null ? device.toString() : device + " (threads: " + threads + ")";
  }
}
