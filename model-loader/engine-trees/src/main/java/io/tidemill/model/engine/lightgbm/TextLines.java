package io.tidemill.model.engine.lightgbm;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Lines of a file, which end with a line feed and nothing else, and where they begin. */
final class TextLines implements AutoCloseable {
  private final InputStream in;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long start;
  private long end;

  TextLines(Path file) throws IOException {
    in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
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
    end = start + bytes.size() + 1;
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** The place of the line that was read last, in bytes. */
  long start() {
    return start;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
