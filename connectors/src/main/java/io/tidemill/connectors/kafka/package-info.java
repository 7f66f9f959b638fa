/**
 * Kafka topics as sources, sinks and dead-letter sinks, in front of Flink's {@code KafkaSource} and
 * {@code KafkaSink}. May import {@code connectors.record} and {@code connectors.options}.
 */
@NullMarked
package io.tidemill.connectors.kafka;

import org.jspecify.annotations.NullMarked;
