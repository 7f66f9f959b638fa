package io.tidemill.connectors.record;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The dead letters that a sink has written until they are first read here: what comes later is in
 * no reading. Making this reaches for nothing outside the process. Implementations are for use by
 * one thread.
 */
public interface KeptDeadLetters {
  /** Takes what was found. */
  @FunctionalInterface
  interface Reader {
    void read(KeptDeadLetter found) throws IOException;
  }

  /** Where they are, for a message. */
  String place();

  /**
   * What stands in the way, such as a topic that is not there. Blocks for about {@code limit} at
   * most.
   */
  List<Problem<OptionKey>> obstacles(Duration limit);

  /**
   * Reads what is published, in the order of each partition or file.
   *
   * @param addresses what to read at least, without a look at the rest where that can be; empty for
   *     everything
   * @throws IOException saying which place cannot be read
   * @throws IllegalArgumentException if an address is none
   */
  void forEach(Collection<String> addresses, Reader reader) throws IOException;
}
