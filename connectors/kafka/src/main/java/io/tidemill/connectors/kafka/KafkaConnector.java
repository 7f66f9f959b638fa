package io.tidemill.connectors.kafka;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.Connector;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the ends of a job that are Kafka topics. Immutable and thread-safe. */
public final class KafkaConnector implements Connector {
  /** The value of the option {@code connector}. */
  public static final String NAME = KafkaOptions.CONNECTOR;

  /** Begins each option of a source that adds a column to those of its values. */
  public static final String METADATA = RecordMetadata.PREFIX + ".";

  /** Stands for a source that is not known, so that no sink lacks its connection. */
  public static final ConnectorOptions ANY_BROKER =
      new ConnectorOptions(
          "source",
          Map.of(ConnectorOptions.CONNECTOR, NAME, KafkaOptions.BOOTSTRAP, "127.0.0.1:9092"));

  @Override
  public RecordSource source(SourceSpec spec) {
    return KafkaRecordSource.create(spec);
  }

  @Override
  public RecordSink sink(SinkSpec spec) {
    return KafkaRecordSink.create(spec);
  }

  @Override
  public RecordSink deadLetters(DeadLetterSpec spec) {
    return KafkaDeadLetterSink.create(spec);
  }

  @Override
  public KeptDeadLetters kept(DeadLetterSpec spec) {
    return KeptTopic.create(spec);
  }

  @Override
  public void check(ConnectorOptions options, @Nullable ConnectorOptions source) {
    if (source == null) {
      KafkaRecordSource.check(options);
    } else {
      KafkaRecordSink.check(options, source);
    }
  }
}
