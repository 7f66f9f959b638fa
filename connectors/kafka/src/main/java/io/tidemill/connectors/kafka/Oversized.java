package io.tidemill.connectors.kafka;

/** What becomes of a dead letter that is larger than its topic takes. */
enum Oversized {
  /** Its value is cut, and a header tells how long it was. */
  TRUNCATE,
  /** The job fails and names the record. */
  FAIL;

  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
