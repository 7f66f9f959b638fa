package io.tidemill.connectors.files;

import io.tidemill.connectors.record.RecordFailureException;

/**
 * What a file holds that does not fit into memory. It is no damage: a job that has more may read
 * it.
 *
 * @param place the file, and what is known of the place in it
 * @param what does not fit
 * @param smaller of what the file would have to be made
 */
record BeyondMemory(String place, String what, String smaller) {
  RecordFailureException failure(OutOfMemoryError e) {
    return new RecordFailureException(
        "%s: %s does not fit into memory: %s (expected: more heap for the task; or %s)"
            .formatted(place, what, e.getMessage(), smaller),
        e);
  }
}
