/**
 * The door to the streams of a job: sources, sinks and dead-letter sinks, made from the options of
 * Flink's SQL connectors. May import the rooms below it; knows neither models nor batches nor YAML.
 */
@NullMarked
package io.tidemill.connectors;

import org.jspecify.annotations.NullMarked;
