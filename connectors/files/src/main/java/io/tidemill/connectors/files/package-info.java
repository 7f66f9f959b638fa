/**
 * Files that are read column by column, and texts whose records know their places. May import
 * {@code connectors.problem}, {@code connectors.options}, {@code connectors.record}, Flink, Avro,
 * Parquet, ORC, snappy-java, commons-text and the bzip2 of commons-compress; knows neither models
 * nor batches.
 */
@NullMarked
package io.tidemill.connectors.files;

import org.jspecify.annotations.NullMarked;
