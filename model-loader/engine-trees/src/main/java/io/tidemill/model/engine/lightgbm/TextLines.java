package io.tidemill.model.engine.lightgbm;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Lines of a file and where they begin, as if they ended with a line feed alone and no byte order
 * mark stood before the first: editors and version control of Windows add both.
 */
final class TextLines implements AutoCloseable {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final InputStream in;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long start;
  private long end;
  private boolean isAsWritten;

  TextLines(Path file) throws IOException {
    in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    in.mark(BYTE_ORDER_MARK.length);
    isAsWritten = !Arrays.equals(in.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK);
    if (isAsWritten) {
      in.reset();
    }
  }

  /**
   * The next line, one character for each byte.
   *
   * @throws EOFException if there is none, or it has no end
   */
  String next() throws IOException {
    start = end;
    bytes.reset();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      bytes.write(next);
    }
    String line = bytes.toString(StandardCharsets.ISO_8859_1);
    if (line.endsWith("\r")) {
      isAsWritten = false;
      line = line.substring(0, line.length() - 1);
    }
    end = start + line.length() + 1;
    return line;
  }

  /** The place of the line that was read last, in bytes. */
  long start() {
    return start;
  }

  /** Whether the lines that were read are in the file as they were answered. */
  boolean isAsWritten() {
    return isAsWritten;
  }

  /** Whether a byte of what follows is zero. */
  boolean hasZero() throws IOException {
    int next = in.read();
    while (next > 0) {
      next = in.read();
    }
    return next == 0;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
