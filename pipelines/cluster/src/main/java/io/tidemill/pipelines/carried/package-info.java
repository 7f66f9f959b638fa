/**
 * What goes with a job to where it runs: its files, what they were read with, and no secrets. May
 * import the job; asks no cluster.
 */
@NullMarked
package io.tidemill.pipelines.carried;

import org.jspecify.annotations.NullMarked;
