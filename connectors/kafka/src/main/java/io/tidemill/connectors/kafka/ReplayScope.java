package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DeadLetterRecord;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Of which letters a replay writes the records back. Immutable.
 *
 * @param topics that the source reads
 * @param leftOut letters whose values hold other records too, which are not to come back
 */
record ReplayScope(Predicate<String> topics, Predicate<DeadLetterRecord> leftOut) {
  static final ReplayScope NOTHING = new ReplayScope(topic -> false, letter -> false);

  /** A pattern also matches topics that are there no more. */
  ReplayScope in(Set<String> existing) {
    return new ReplayScope(topics.and(existing::contains), leftOut);
  }
}
