/**
 * A job as one file that runs anywhere: packed, proved, signed, kept in stores beside models. May
 * import the job, {@code carried}, model stores and what reads and writes their exports; asks no
 * cluster.
 */
@NullMarked
package io.tidemill.pipelines.unit;

import org.jspecify.annotations.NullMarked;
