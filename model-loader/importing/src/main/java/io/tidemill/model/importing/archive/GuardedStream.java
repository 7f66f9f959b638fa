package io.tidemill.model.importing.archive;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Lets so many bytes of a tar through, and keeps those of headers. What a tar says of an entry (its
 * long name, its attributes) is read into memory by the tar's reader, whatever its size; this
 * bounds it.
 *
 * <p>Not thread-safe.
 */
final class GuardedStream extends FilterInputStream {
  static final int RECORD_BYTES = 512;

  private static final int SKIPPED_BYTES = 1 << 13;

  private final ByteArrayOutputStream headers = new ByteArrayOutputStream();
  private long left;
  private long position;
  private boolean kept;

  GuardedStream(InputStream in) {
    super(in);
  }

  /** Lets so many bytes of headers through from here on, and keeps them. */
  void beginHeaders(long bytes) {
    headers.reset();
    left = bytes;
    kept = true;
  }

  /** Lets so many bytes of content through from here on. */
  void beginContent(long bytes) {
    left = bytes;
    kept = false;
  }

  /** The headers since they began; the rest of the content's last record is not among them. */
  byte[] headers() {
    byte[] all = headers.toByteArray();
    long begin = position - all.length;
    int rest = (int) Math.min(all.length, Math.floorMod(-begin, (long) RECORD_BYTES));
    return Arrays.copyOfRange(all, rest, all.length);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    int read = super.read(target, offset, length);
    if (read > 0) {
      left -= read;
      position += read;
      if (left < 0) {
        throw new RefusedEntryException("a header that is too large");
      }
      if (kept) {
        headers.write(target, offset, read);
      }
    }
    return read;
  }

  @Override
  public long skip(long bytes) throws IOException {
    if (bytes <= 0) {
      return 0;
    }
    int length = (int) Math.min(bytes, SKIPPED_BYTES);
    return Math.max(0, read(new byte[length], 0, length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
