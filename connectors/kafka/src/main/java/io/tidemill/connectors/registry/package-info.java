/**
 * Avro records that name their schema in a registry with Confluent's API: the format {@code
 * avro-confluent}. May import {@code connectors.problem}, {@code connectors.options}, {@code
 * connectors.avro}, Jackson and Flink's formats; knows no connector.
 */
@NullMarked
package io.tidemill.connectors.registry;

import org.jspecify.annotations.NullMarked;
