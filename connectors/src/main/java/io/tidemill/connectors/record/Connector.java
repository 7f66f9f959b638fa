package io.tidemill.connectors.record;

import io.tidemill.connectors.options.OptionCheck;

/**
 * Makes the ends of a job. Making one checks all of its options and reaches for nothing outside the
 * process; each method throws an {@link io.tidemill.connectors.options.InvalidOptionsException}
 * with all problems of the options. Implementations are immutable.
 */
public interface Connector {
  RecordSource source(SourceSpec spec);

  RecordSink sink(SinkSpec spec);

  /** A sink for rows of {@link DeadLetterRecord#TYPE}. */
  RecordSink deadLetters(DeadLetterSpec spec);

  /** What such a sink has written. */
  KeptDeadLetters kept(DeadLetterSpec spec);

  /**
   * Refuses a connector or a format that is not there: all that can be told of options whose
   * columns are not known.
   *
   * @param reads whether they are of a source
   */
  void checkNames(OptionCheck check, boolean reads);
}
