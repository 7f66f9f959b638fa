/**
 * Kafka topics as sources, sinks and dead-letter sinks, in front of Flink's {@code KafkaSource} and
 * {@code KafkaSink}. May import every room of connectors but {@code table}.
 */
@NullMarked
package io.tidemill.connectors.kafka;

import org.jspecify.annotations.NullMarked;
