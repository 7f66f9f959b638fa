package io.tidemill.connectors.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * What all members of a file of gzip hold (RFC 1952). The JDK's stream takes whatever is no member
 * behind one, such as one whose head is damaged, for the end of the file; here it may end in zeros
 * alone, as gzip's own tool has it. A failure comes behind all that was unpacked before it. Not
 * thread-safe.
 */
final class GzipText extends InflaterInputStream {
  private static final int BUFFER = 1 << 13;
  private static final String UNEXPECTED = "Unexpected data after a valid gzip stream";
  private static final int MAGIC = 0x8b1f;
  private static final int DEFLATE = 8;
  private static final int CHECKED = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;

  private final PushbackInputStream packed;
  private final CRC32 checksum = new CRC32();
  private boolean ended;

  GzipText(InputStream packed) throws IOException {
    this(new PushbackInputStream(packed, BUFFER));
  }

  private GzipText(PushbackInputStream packed) throws IOException {
    super(packed, new Inflater(true), BUFFER);
    this.packed = packed;
    readHead("Not in GZIP format");
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (!ended) {
      int read = super.read(target, offset, length);
      if (read >= 0) {
        checksum.update(target, offset, read);
        return read;
      }
      endMember();
    }
    return -1;
  }

  /** Checks the end of a member, and begins the next one. */
  private void endMember() throws IOException {
    int left = inf.getRemaining();
    packed.unread(buf, len - left, left);
    long sum = number(4);
    if (sum != checksum.getValue() || number(4) != (inf.getBytesWritten() & 0xffffffffL)) {
      throw new ZipException("Corrupt GZIP trailer");
    }
    int next = packed.read();
    boolean padded = next == 0;
    while (next == 0) {
      next = packed.read();
    }
    if (padded && next > 0) {
      throw new ZipException(UNEXPECTED);
    }
    if (next < 0) {
      ended = true;
      return;
    }
    packed.unread(next);
    inf.reset();
    checksum.reset();
    readHead(UNEXPECTED);
  }

  private void readHead(String otherwise) throws IOException {
    int first = packed.read();
    int second = packed.read();
    if ((first | second << 8) != MAGIC) {
      throw new ZipException(otherwise);
    }
    if (number(1) != DEFLATE) {
      throw new ZipException("Unsupported compression method");
    }
    int flags = (int) number(1);
    // The time, and what made it.
    number(6);
    if ((flags & EXTRA) != 0) {
      packed.skipNBytes(number(2));
    }
    for (int text = flags & (NAME | COMMENT); text != 0; text &= text - 1) {
      while (number(1) != 0) {}
    }
    if ((flags & CHECKED) != 0) {
      number(2);
    }
  }

  /** An unsigned number of so many bytes, the lowest first. */
  private long number(int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      int one = packed.read();
      if (one < 0) {
        throw new EOFException("Unexpected end of ZLIB input stream");
      }
      number |= (long) one << (8 * i);
    }
    return number;
  }

  @Override
  public void close() throws IOException {
    inf.end();
    super.close();
  }
}
