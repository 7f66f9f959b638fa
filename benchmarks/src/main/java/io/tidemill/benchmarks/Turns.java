package io.tidemill.benchmarks;

import java.time.Duration;
import java.util.Optional;

/** Tells a variant when it runs, and takes what each of its turns came to. */
interface Turns {
  /** For the batches in flight of whoever had the turn before, and for the first of this one. */
  Duration SETTLE = Duration.ofMillis(30);

  /** From the variant's first record until its first turn may come. */
  Duration warmUp();

  /** The length of the next turn, or nothing after the last. Blocks until it is this variant's. */
  Optional<Duration> next() throws Exception;

  /** From the beginning of a turn until counting begins. */
  default Duration settle() {
    return SETTLE;
  }

  /** Ends the turn. */
  void end(Measurement measurement) throws Exception;
}
