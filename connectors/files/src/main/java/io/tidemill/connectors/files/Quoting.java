package io.tidemill.connectors.files;

import java.io.Serializable;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;

/**
 * The characters by which a record of a text goes on behind the end of a line, each by its bytes in
 * UTF-8, the last one last in the number, or {@link #NO_CHARACTER}. Immutable.
 *
 * @param quote around a field that may hold ends of lines
 * @param delimiter between fields
 * @param escape takes its meaning from the byte behind it
 * @param comment begins a line that is no record
 * @param trims whether spaces may stand before a quote
 */
record Quoting(int quote, int delimiter, int escape, int comment, boolean trims)
    implements Serializable {
  /** More than a byte, and less than two of a character. */
  static final int NO_CHARACTER = 256;

  /** Each line is a record. */
  static final Quoting NONE =
      new Quoting(NO_CHARACTER, NO_CHARACTER, NO_CHARACTER, NO_CHARACTER, false);

  /** The bytes of a character in one number. */
  static int of(String character) {
    return character.isEmpty()
        ? NO_CHARACTER
        : new BigInteger(1, character.getBytes(StandardCharsets.UTF_8)).intValue();
  }

  /** Whether lines are of fields; then they end at a carriage return, too. */
  boolean hasFields() {
    return delimiter != NO_CHARACTER;
  }

  /** Whether a record may be of several lines, so that a reader must begin at the first. */
  boolean spansLines() {
    return quote != NO_CHARACTER || escape != NO_CHARACTER;
  }
}
