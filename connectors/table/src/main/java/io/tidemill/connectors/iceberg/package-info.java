/**
 * What a run for a date asks of a table of Iceberg beside reading and writing it: which files a
 * partition has, and to replace them in one commit. May import {@code connectors.options}.
 */
@NullMarked
package io.tidemill.connectors.iceberg;

import org.jspecify.annotations.NullMarked;
