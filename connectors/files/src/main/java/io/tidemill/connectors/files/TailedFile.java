package io.tidemill.connectors.files;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/**
 * A file for Parquet's reader, of which the last bytes are read in one piece when the first of them
 * is asked for. That is one request of an object store for the footer, and for all of a small file,
 * where the reader makes one for the footer's length, one for the footer and one for the columns.
 *
 * <p>For one stream, and one thread at a time.
 */
final class TailedFile implements InputFile {
  /** The footer of a few hundred columns. */
  static final int TAIL_BYTES = 1 << 16;

  private final FSDataInputStream file;
  private final long length;

  /**
   * A file.
   *
   * @param file which the stream closes
   * @param length in bytes
   */
  TailedFile(FSDataInputStream file, long length) {
    this.file = file;
    this.length = length;
  }

  @Override
  public long getLength() {
    return length;
  }

  @Override
  public SeekableInputStream newStream() {
    Bytes bytes = new Bytes(file, length);
    return new DelegatingSeekableInputStream(bytes) {
      @Override
      public long getPos() {
        return bytes.position;
      }

      @Override
      public void seek(long position) {
        bytes.position = position;
      }
    };
  }

  /** As it stands in the library's messages, which are told behind the file's name. */
  @Override
  public String toString() {
    return "it";
  }

  private static final class Bytes extends InputStream {
    private final FSDataInputStream file;
    private final long tailStart;
    private final byte[] tail;
    private boolean tailRead;
    private long position;

    private Bytes(FSDataInputStream file, long length) {
      this.file = file;
      this.tail = new byte[(int) Math.min(TAIL_BYTES, Math.max(0, length))];
      this.tailStart = length - tail.length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int count) throws IOException {
      int read =
          position < tailStart
              ? readFile(target, offset, (int) Math.min(count, tailStart - position))
              : readTail(target, offset, count);
      position += Math.max(0, read);
      return read;
    }

    private int readFile(byte[] target, int offset, int count) throws IOException {
      if (file.getPos() != position) {
        file.seek(position);
      }
      return file.read(target, offset, count);
    }

    private int readTail(byte[] target, int offset, int count) throws IOException {
      if (!tailRead) {
        file.seek(tailStart);
        if (file.readNBytes(tail, 0, tail.length) < tail.length) {
          throw new EOFException(
              "it is shorter than the %d bytes that it had".formatted(tailStart + tail.length));
        }
        tailRead = true;
      }
      int from = (int) Math.min(tail.length, position - tailStart);
      int read = Math.min(count, tail.length - from);
      if (read == 0 && count > 0) {
        return -1;
      }
      System.arraycopy(tail, from, target, offset, read);
      return read;
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
