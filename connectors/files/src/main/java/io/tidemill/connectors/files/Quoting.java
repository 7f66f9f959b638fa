package io.tidemill.connectors.files;

import java.io.Serializable;

/**
 * The characters by which a record of a text goes on behind the end of a line, each a byte, or
 * {@link #NO_BYTE}; but that between fields may be several, its last one last in the number.
 * Immutable.
 *
 * @param quote around a field that may hold ends of lines
 * @param delimiter between fields
 * @param escape takes its meaning from the byte behind it
 * @param comment begins a line that is no record
 * @param trims whether spaces may stand before a quote
 */
record Quoting(int quote, int delimiter, int escape, int comment, boolean trims)
    implements Serializable {
  /** Equal to no byte, of which the one of all bits is -1. */
  static final int NO_BYTE = 256;

  /** Each line is a record. */
  static final Quoting NONE = new Quoting(NO_BYTE, NO_BYTE, NO_BYTE, NO_BYTE, false);

  /** Whether lines are of fields; then they end at a carriage return, too. */
  boolean hasFields() {
    return delimiter != NO_BYTE;
  }

  /** Whether a record may be of several lines, so that a reader must begin at the first. */
  boolean spansLines() {
    return quote != NO_BYTE || escape != NO_BYTE;
  }
}
