/**
 * Any other SQL connector of Flink as a source or a sink, by its own options. May import {@code
 * connectors.record} and {@code connectors.options}.
 */
@NullMarked
package io.tidemill.connectors.table;

import org.jspecify.annotations.NullMarked;
