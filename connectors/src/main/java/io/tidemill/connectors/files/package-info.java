/**
 * Files that are read column by column. May import {@code connectors.problem}, {@code
 * connectors.options}, {@code connectors.record}, Flink and Parquet; knows neither models nor
 * batches.
 */
@NullMarked
package io.tidemill.connectors.files;

import org.jspecify.annotations.NullMarked;
