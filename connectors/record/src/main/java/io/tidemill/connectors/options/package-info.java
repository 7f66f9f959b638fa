/**
 * The options of a connector, and what is wrong with them. May import Flink's table API; knows no
 * connector.
 */
@NullMarked
package io.tidemill.connectors.options;

import org.jspecify.annotations.NullMarked;
