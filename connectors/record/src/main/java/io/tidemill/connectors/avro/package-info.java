/**
 * Avro's records as Flink's rows, in both directions and with every logical type. May import Avro
 * and Flink's table types.
 */
@NullMarked
package io.tidemill.connectors.avro;

import org.jspecify.annotations.NullMarked;
