package io.tidemill.inference.table;

/** What becomes of a record that cannot be scored, for which SQL has no second output. */
enum OnError {
  /** The job fails, and names it. */
  FAIL,
  /** Its outputs are NULL; it is counted and logged. */
  NULL
}
