package io.tidemill.connectors.files;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes a text apart into the bytes of its records: lines, of which quotes may hold several. Empty
 * lines and comments are none. Not thread-safe.
 */
final class RecordLines implements Closeable {
  /** No text of records has a longer one; what has is read to no end. */
  static final int LONGEST = 64 << 20;

  private static final int BUFFER = 128 << 10;

  /** Where a byte stands: where a field begins, in it, in quotes, or behind a quote in those. */
  private enum State {
    BEGIN,
    FIELD,
    QUOTES,
    QUOTE
  }

  /** With which a text of UTF-8 may begin. */
  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final InputStream text;
  private final Quoting quoting;

  /** What is read lies from {@code begin} to {@code limit}; up to {@code scanned} no end is. */
  private byte[] buffer = new byte[BUFFER];

  private int begin;
  private int scanned;
  private int limit;

  /** The position in the text of the buffer's first byte. */
  private long buffered;

  private long start;
  private State state = State.BEGIN;
  private boolean escaped;

  /**
   * Reads on.
   *
   * @param text stands at {@code position}, where a record begins; is closed with this
   * @param position in bytes from the text's beginning
   */
  RecordLines(InputStream text, long position, Quoting quoting) {
    this.text = text;
    this.quoting = quoting;
    this.buffered = position;
  }

  /** Leaves out the rest of a line that began before. */
  void skipLine() throws IOException {
    line();
  }

  /**
   * The bytes of the next record without its end of line, or null at the end of the text.
   *
   * @param end no record that begins there or behind it is read
   * @throws IOException if the text cannot be read, or has a record of more than {@value #LONGEST}
   *     bytes
   */
  byte @Nullable [] next(long end) throws IOException {
    while (position() < end) {
      byte[] line = line();
      if (line == null) {
        return null;
      }
      if (!isNone(line)) {
        return line;
      }
    }
    return null;
  }

  /** Whether it is a comment, or empty; where spaces are no field, they make a line empty, too. */
  private boolean isNone(byte[] line) {
    int first = 0;
    while (!quoting.hasFields() && first < line.length && isSpace(line[first])) {
      first++;
    }
    return first == line.length || line[first] == quoting.comment();
  }

  private static boolean isSpace(byte character) {
    return character == ' ' || character == '\t' || character == '\r';
  }

  /** Where the last record begins, in bytes from the text's beginning. */
  long start() {
    return start;
  }

  /** Where the next line begins, in bytes from the text's beginning. */
  long position() {
    return buffered + begin;
  }

  private byte @Nullable [] line() throws IOException {
    start = position();
    state = State.BEGIN;
    if (start == 0) {
      skipByteOrderMark();
    }
    while (!scan()) {
      if (!fill()) {
        if (begin == limit) {
          return null;
        }
        return take(limit, limit);
      }
    }
    return take(scanned, scanned + 1);
  }

  /** It is no part of a field, in front of which a quote could then not be. */
  private void skipByteOrderMark() throws IOException {
    while (limit - begin < MARK.length && fill()) {}
    if (limit - begin >= MARK.length
        && Arrays.equals(buffer, begin, begin + MARK.length, MARK, 0, MARK.length)) {
      begin += MARK.length;
      scanned = begin;
      start = position();
    }
  }

  private byte[] take(int end, int next) {
    // In lines of fields an escape stands before it, as others end a line themselves.
    boolean carriage = end > begin && buffer[end - 1] == '\r' && !quoting.hasFields();
    int last = carriage ? end - 1 : end;
    byte[] line = Arrays.copyOfRange(buffer, begin, last);
    begin = next;
    scanned = next;
    return line;
  }

  /** Goes on to the end of a record, if it is there. An empty line behind it does no harm. */
  private boolean scan() {
    if (quoting.hasFields()) {
      return scanFields();
    }
    byte[] bytes = buffer;
    int at = scanned;
    while (at < limit && bytes[at] != '\n') {
      at++;
    }
    scanned = at;
    return at < limit;
  }

  private boolean scanFields() {
    int width;
    for (; scanned < limit; scanned += width) {
      width = width(scanned);
      if (scanned + width > limit) {
        return false;
      }
      int next = character(scanned, width);
      if (buffer[begin] == quoting.comment()) {
        // Quotes and escapes mean nothing in it.
        if (next == '\n' || next == '\r') {
          return true;
        }
      } else if (escaped) {
        escaped = false;
      } else if (next == quoting.escape()) {
        escaped = true;
        state = state == State.QUOTES ? State.QUOTES : State.FIELD;
      } else if (next == quoting.quote()) {
        state =
            switch (state) {
              case BEGIN, QUOTE -> State.QUOTES;
              case QUOTES -> State.QUOTE;
              case FIELD -> State.FIELD;
            };
      } else if (state != State.QUOTES) {
        if (next == '\n' || next == '\r') {
          return true;
        } else if (next == quoting.delimiter()) {
          state = State.BEGIN;
        } else if (state != State.BEGIN || next < 0 || next > ' ' || !quoting.trims()) {
          state = State.FIELD;
        }
      }
    }
    return false;
  }

  /**
   * Of how many bytes the character is that begins there, which need not be read yet; what is none
   * in UTF-8 is taken byte by byte, so that it hides no end of a line.
   */
  private int width(int at) {
    byte first = buffer[at];
    if (first >= 0 || first < (byte) 0xC0) {
      return 1;
    }
    int width = first >= (byte) 0xF0 ? 4 : first >= (byte) 0xE0 ? 3 : 2;
    for (int i = at + 1; i < Math.min(at + width, limit); i++) {
      if (buffer[i] >= (byte) 0xC0) {
        return 1;
      }
    }
    return width;
  }

  private int character(int at, int width) {
    int bytes = 0;
    for (int i = at; i < at + width; i++) {
      bytes = (bytes << Byte.SIZE) | (buffer[i] & 0xFF);
    }
    return bytes;
  }

  /** Reads more of the text, and answers whether there was more. */
  private boolean fill() throws IOException {
    if (begin > 0) {
      System.arraycopy(buffer, begin, buffer, 0, limit - begin);
      buffered += begin;
      scanned -= begin;
      limit -= begin;
      begin = 0;
    }
    if (limit == buffer.length) {
      if (limit >= LONGEST) {
        throw new EOFException(
            "no record ends within %d bytes of byte %d".formatted(LONGEST, start));
      }
      buffer = Arrays.copyOf(buffer, Math.min(LONGEST, 2 * limit));
    }
    int read = text.read(buffer, limit, buffer.length - limit);
    limit += Math.max(0, read);
    return read >= 0;
  }

  @Override
  public void close() throws IOException {
    text.close();
  }
}
