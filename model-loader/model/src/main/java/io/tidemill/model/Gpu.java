package io.tidemill.model;

/**
 * A GPU and what its driver says of it now, of all that use it. What the driver does not say is
 * {@value #UNKNOWN}, or a NaN.
 *
 * <p>Thread-safe.
 */
public interface Gpu {
  /** Where a word should be. */
  String UNKNOWN = "unknown";

  /** As a job names it: never the CPU, nor one that a task is to choose. */
  Device device();

  /** What it is, such as {@code NVIDIA H200}. */
  default String name() {
    return UNKNOWN;
  }

  /** The version of its driver. */
  default String driver() {
    return UNKNOWN;
  }

  /** The share of the last second, or less, in which it ran anything at all, 0 to 1. */
  default double busy() {
    return Double.NaN;
  }

  default double freeBytes() {
    return Double.NaN;
  }

  default double totalBytes() {
    return Double.NaN;
  }

  /** Whether there is a driver that knows its memory. */
  default boolean isKnown() {
    return !Double.isNaN(totalBytes()) && !Double.isNaN(freeBytes());
  }

  /** In words: {@code NVIDIA H200, driver 580.65.06, 143771 MiB}. */
  default String described() {
    return isKnown()
        ? "%s, driver %s, %d MiB".formatted(name(), driver(), (long) totalBytes() >> 20)
        : UNKNOWN;
  }
}
