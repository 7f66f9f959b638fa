package io.tidemill.connectors.kafka;

import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.record.SourceSpec;

/**
 * Makes the ends of a job that are Kafka topics. Making one checks all of its options and asks no
 * broker. Stateless.
 */
public final class KafkaConnector {
  /** The value of the option {@code connector}. */
  public static final String NAME = KafkaOptions.CONNECTOR;

  private KafkaConnector() {}

  /**
   * Makes a source of topics.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSource source(SourceSpec spec) {
    return KafkaRecordSource.create(spec);
  }

  /**
   * Makes a sink to a topic.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSink sink(SinkSpec spec) {
    return KafkaRecordSink.create(spec);
  }

  /**
   * Makes a dead-letter sink to a topic.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSink deadLetters(DeadLetterSpec spec) {
    return KafkaRecordSink.create(spec);
  }
}
