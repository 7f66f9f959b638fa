/**
 * Runs of a batch job for a date: which files it reads, one run at a time, results staged and
 * published whole, and an account of each run. May import {@code definition}, {@code yaml}, {@code
 * compose} and {@code run} of the job, the store's guarded files, {@code connectors.files}, {@code
 * connectors.iceberg}, {@code connectors.options}, {@code connectors.problem} and {@code
 * connectors.record}, Jackson and Flink's files.
 */
@NullMarked
package io.tidemill.pipelines.nightly;

import org.jspecify.annotations.NullMarked;
