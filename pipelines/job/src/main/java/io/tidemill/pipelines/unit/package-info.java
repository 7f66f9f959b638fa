/**
 * A job as one file that runs anywhere: packed, proved, signed, kept in stores beside models. May
 * import how a job is read and planned, model stores, and what reads and writes their exports; asks
 * no cluster.
 */
@NullMarked
package io.tidemill.pipelines.unit;

import org.jspecify.annotations.NullMarked;
