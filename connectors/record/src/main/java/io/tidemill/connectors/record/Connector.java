package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ends of a job. Making one checks all of its options and reaches for nothing outside the
 * process but what is {@link #found}; each method throws an {@link
 * io.tidemill.connectors.options.InvalidOptionsException} with all problems of the options.
 * Implementations are immutable.
 */
public interface Connector {
  /**
   * The columns of a source of which none were declared, as one of its files says; empty for one
   * whose records do not tell. Blocks on the file system.
   *
   * @param partitionedBy columns that are folders, of whose types nobody says anything: texts
   * @param files how they are read
   * @throws io.tidemill.connectors.problem.InvalidSchemaException naming each column of a type that
   *     is not read
   * @throws java.io.UncheckedIOException with a {@link FileFailureException} if the file system
   *     fails, which another attempt may not
   */
  default Optional<FoundColumns> found(
      ConnectorOptions options, List<String> partitionedBy, FileReading files) {
    return Optional.empty();
  }

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
