package io.tidemill.connectors;

import io.tidemill.connectors.kafka.KafkaConnector;
import io.tidemill.connectors.record.DeadLetterSpec;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.connectors.table.TableConnector;

/**
 * Makes sinks: {@code kafka} is Tidemill's, every other connector is Flink's own, found by its
 * factory's name. Stateless.
 */
public final class Sinks {
  private Sinks() {}

  /**
   * Checks all options and reaches for nothing outside the process.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSink create(SinkSpec spec) {
    return spec.options().connector().equals(KafkaConnector.NAME)
        ? KafkaConnector.sink(spec)
        : TableConnector.sink(spec);
  }

  /**
   * Makes a sink for rows of {@link io.tidemill.connectors.record.DeadLetterRecord#TYPE}.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSink createDeadLetters(DeadLetterSpec spec) {
    return spec.options().connector().equals(KafkaConnector.NAME)
        ? KafkaConnector.deadLetters(spec)
        : TableConnector.deadLetters(spec);
  }
}
