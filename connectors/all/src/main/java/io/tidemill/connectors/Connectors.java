package io.tidemill.connectors;

import io.tidemill.connectors.kafka.KafkaConnector;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.record.Connector;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.FoundColumns;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.table.TableConnector;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every connector there is: {@code kafka} is Tidemill's, any other is Flink's own, found by its
 * factory's name. Immutable and thread-safe.
 */
public final class Connectors implements Connector {
  private final Connector kafka = new KafkaConnector();
  private final Connector tables = new TableConnector();

  @Override
  public Optional<FoundColumns> found(
      ConnectorOptions options, List<String> partitionedBy, FileReading files) {
    return named(options).found(options, partitionedBy, files);
  }

  @Override
  public RecordSource source(SourceSpec spec) {
    return named(spec.options()).source(spec);
  }

  @Override
  public RecordSink sink(SinkSpec spec) {
    return named(spec.options()).sink(spec);
  }

  @Override
  public RecordSink deadLetters(DeadLetterSpec spec) {
    return named(spec.options()).deadLetters(spec);
  }

  @Override
  public KeptDeadLetters kept(DeadLetterSpec spec) {
    return named(spec.options()).kept(spec);
  }

  @Override
  public void check(ConnectorOptions options, @Nullable ConnectorOptions source) {
    named(options).check(options, source);
  }

  private Connector named(ConnectorOptions options) {
    return options.connector().equals(KafkaConnector.NAME) ? kafka : tables;
  }
}
