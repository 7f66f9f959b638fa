package io.tidemill.connectors.record;

import io.tidemill.connectors.options.ConnectorOptions;
import java.util.List;

/**
 * What a dead-letter sink is made from. Immutable.
 *
 * @param options the connector's own, as in {@code CREATE TABLE … WITH}; Kafka needs no format
 * @param source the options of the job's source: a Kafka sink that names no broker uses its, and a
 *     topic that is read is never written
 * @param sink the options of the job's sink, asked for a broker after the source
 * @param jobName what transactions are named by: stable over restarts, unique in a Kafka cluster
 * @param headers written with every dead letter, after its own
 */
public record DeadLetterSpec(
    ConnectorOptions options,
    ConnectorOptions source,
    ConnectorOptions sink,
    String jobName,
    List<Header> headers) {
  public DeadLetterSpec {
    headers = List.copyOf(headers);
  }
}
