package io.tidemill.connectors.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.parquet.io.SeekableInputStream;
import org.junit.jupiter.api.Test;

class TailedFileTest {
  private static final int LARGE = 3 * TailedFile.TAIL_BYTES + 17;

  /** A file that counts how often it is read elsewhere than it stands, as an object store would. */
  private static final class Counted extends FSDataInputStream {
    private final byte[] bytes;
    private int position;
    private int requests = 1;
    private boolean closed;

    private Counted(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public void seek(long to) {
      requests += to == position ? 0 : 1;
      position = (int) to;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public int read() {
      return position < bytes.length ? bytes[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int count) {
      if (position >= bytes.length) {
        return -1;
      }
      // No more than 1,000 at once: streams give less than they are asked for.
      int read = Math.min(1_000, Math.min(count, bytes.length - position));
      System.arraycopy(bytes, position, target, offset, read);
      position += read;
      return read;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static byte[] bytes(int count, Random random) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void everyReadGivesTheFilesBytes() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int size : new int[] {1, 100, TailedFile.TAIL_BYTES, TailedFile.TAIL_BYTES + 1, LARGE}) {
      byte[] bytes = bytes(size, random);
      Counted file = new Counted(bytes);
      SeekableInputStream stream = new TailedFile(file, size).newStream();
      for (int round = 0; round < 50; round++) {
        int from = random.nextInt(size);
        int count = 1 + random.nextInt(size - from);
        stream.seek(from);
        byte[] read = new byte[count];
        if (random.nextBoolean()) {
          stream.readFully(read);
        } else {
          ByteBuffer buffer =
              random.nextBoolean() ? ByteBuffer.allocate(count) : ByteBuffer.allocateDirect(count);
          stream.readFully(buffer);
          buffer.flip().get(read);
        }
        assertThat(read).isEqualTo(Arrays.copyOfRange(bytes, from, from + count));
        assertThat(stream.getPos()).isEqualTo(from + count);
      }
      stream.seek(size);
      assertThat(stream.read()).isEqualTo(-1);
      stream.close();
      assertThat(file.closed).isTrue();
    }
  }

  @Test
  void aSmallFileIsReadOnce() throws IOException {
    Counted file = new Counted(bytes(10_000, new Random(1)));
    SeekableInputStream stream = new TailedFile(file, 10_000).newStream();
    for (int from : new int[] {9_992, 9_000, 4, 5_000}) {
      stream.seek(from);
      stream.readFully(new byte[8]);
    }
    assertThat(file.requests).isEqualTo(1);
  }

  @Test
  void aFooterIsReadWithItsLength() throws IOException {
    Counted file = new Counted(bytes(LARGE, new Random(1)));
    SeekableInputStream stream = new TailedFile(file, LARGE).newStream();
    stream.seek(LARGE - 8);
    stream.readFully(new byte[8]);
    stream.seek(LARGE - 5_000);
    stream.readFully(new byte[4_992]);
    stream.seek(4);
    stream.readFully(new byte[20_000]);
    assertThat(file.requests).isEqualTo(3);
  }

  @Test
  void aFileThatHasBecomeShorterSaysSo() {
    SeekableInputStream stream = new TailedFile(new Counted(new byte[50]), 100).newStream();
    assertThatThrownBy(stream::read)
        .isInstanceOf(EOFException.class)
        .hasMessage("it is shorter than the 100 bytes that it had");
  }
}
