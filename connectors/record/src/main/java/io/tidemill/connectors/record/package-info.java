/**
 * What a record of a pipeline is, where it came from, and the contracts of the sources and sinks
 * that carry it. May import {@code connectors.options}, {@code connectors.avro} and Flink; knows no
 * connector.
 */
@NullMarked
package io.tidemill.connectors.record;

import org.jspecify.annotations.NullMarked;
