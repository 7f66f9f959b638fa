/**
 * Whether a place is fit for Tidemill's jobs: what is found there, and what to change in which
 * file. May import the job, the store and Flink; prints nothing.
 */
@NullMarked
package io.tidemill.pipelines.doctor;

import org.jspecify.annotations.NullMarked;
