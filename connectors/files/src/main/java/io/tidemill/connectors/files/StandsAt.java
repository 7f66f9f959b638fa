package io.tidemill.connectors.files;

/** A reader that tells where in its file it stands, also once reading has failed there. */
interface StandsAt {
  /** As the origin of the next record counts. */
  long offset();

  /** The same in words, as in {@code byte 1024}. */
  String place();
}
