package io.tidemill.benchmarks;

import java.time.Duration;
import java.util.Optional;

/** Tells a variant when it runs, and takes what each of its turns came to. */
interface Turns {
  /** From the variant's first record until its first turn may come. */
  Duration warmUp();

  /** The length of the next turn, or nothing after the last. Blocks until it is this variant's. */
  Optional<Duration> next() throws Exception;

  /** Ends the turn. */
  void end(Measurement measurement) throws Exception;
}
