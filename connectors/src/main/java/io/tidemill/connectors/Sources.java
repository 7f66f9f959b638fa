package io.tidemill.connectors;

import io.tidemill.connectors.kafka.KafkaConnector;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.connectors.table.TableConnector;

/**
 * Makes sources: {@code kafka} is Tidemill's, every other connector is Flink's own, found by its
 * factory's name. Stateless.
 */
public final class Sources {
  private Sources() {}

  /**
   * Checks all options and reaches for nothing outside the process.
   *
   * @throws io.tidemill.connectors.options.InvalidOptionsException with all problems of the options
   */
  public static RecordSource create(SourceSpec spec) {
    return spec.options().connector().equals(KafkaConnector.NAME)
        ? KafkaConnector.source(spec)
        : TableConnector.source(spec);
  }
}
