package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import org.jspecify.annotations.Nullable;

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
   * Checks what can be told of options whose columns are not known.
   *
   * @param source the options of the job's source where these are a sink's; null where they are the
   *     source's own
   */
  void check(ConnectorOptions options, @Nullable ConnectorOptions source);
}
