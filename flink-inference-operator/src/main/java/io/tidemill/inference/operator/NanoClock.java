package io.tidemill.inference.operator;

import java.io.Serializable;

/**
 * Nanoseconds since an arbitrary origin, never running backwards. The operator reads no other
 * clock.
 */
@FunctionalInterface
public interface NanoClock extends Serializable {
  /** The machine's monotonic clock. */
  NanoClock SYSTEM = System::nanoTime;

  long nanos();
}
