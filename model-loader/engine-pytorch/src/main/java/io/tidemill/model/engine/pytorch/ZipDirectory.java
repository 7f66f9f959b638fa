package io.tidemill.model.engine.pytorch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.ZipException;

/**
 * Where a zip's directory is, if every reader must find the same one. A zip is read from its end;
 * readers look for that end in their own ways, and take the directory that is before it, that it
 * points to, or that a record of 64 bits points to. What Java judges must be what PyTorch reads.
 *
 * @param offset of its first byte
 * @param size in bytes
 * @param entries in it
 */
record ZipDirectory(long offset, long size, long entries) {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_BYTES = 56;
  private static final int MOST_COMMENT_BYTES = 0xffff;
  private static final long IN_64_BITS_2 = 0xffff;
  private static final long IN_64_BITS_4 = 0xffff_ffffL;

  /**
   * Finds it.
   *
   * @throws ZipException if there is not exactly one, right before the end
   */
  static ZipDirectory of(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      long bytes = channel.size();
      int tail = (int) Math.min(bytes, END_BYTES + MOST_COMMENT_BYTES);
      int end = end(bytes(channel, bytes - tail, tail));
      return of(channel, bytes - tail + end);
    }
  }

  /** The one place at which a record of the end is. */
  private static int end(ByteBuffer tail) throws ZipException {
    int found = -1;
    for (int at = 0; at + Integer.BYTES <= tail.limit(); at++) {
      if (tail.getInt(at) == END) {
        if (found >= 0) {
          throw new ZipException("it has several ends");
        }
        found = at;
      }
    }
    boolean last =
        found >= 0
            && found + END_BYTES <= tail.limit()
            && found + END_BYTES + unsigned(tail, found + 20) == tail.limit();
    if (!last) {
      throw new ZipException("its end is not at the end");
    }
    return found;
  }

  private static ZipDirectory of(FileChannel channel, long at) throws IOException {
    ByteBuffer end = bytes(channel, at, END_BYTES);
    boolean parted = end.getInt(4) != 0 || unsigned(end, 8) != unsigned(end, 10);
    ZipDirectory directory =
        new ZipDirectory(
            Integer.toUnsignedLong(end.getInt(16)),
            Integer.toUnsignedLong(end.getInt(12)),
            unsigned(end, 10));
    long behind = at;
    long locatorAt = at - LOCATOR_64_BYTES;
    if (locatorAt >= 0 && bytes(channel, locatorAt, Integer.BYTES).getInt(0) == LOCATOR_64) {
      behind = bytes(channel, locatorAt, LOCATOR_64_BYTES).getLong(8);
      if (behind < 0
          || behind != locatorAt - END_64_BYTES
          || bytes(channel, behind, Integer.BYTES).getInt(0) != END_64) {
        throw new ZipException("its ends of 32 and of 64 bits are not beside each other");
      }
      ByteBuffer end64 = bytes(channel, behind, END_64_BYTES);
      ZipDirectory wide = new ZipDirectory(end64.getLong(48), end64.getLong(40), end64.getLong(32));
      if (!directory.isOf(wide) || end64.getLong(24) != wide.entries) {
        throw new ZipException("its ends of 32 and of 64 bits disagree");
      }
      directory = wide;
    }
    if (parted
        || directory.offset < 0
        || directory.size < 0
        || directory.offset != behind - directory.size) {
      throw new ZipException("its directory is not right before its end");
    }
    return directory;
  }

  /** Whether these are the numbers of another one, or say that they are too small for them. */
  private boolean isOf(ZipDirectory wide) {
    return (offset == wide.offset || offset == IN_64_BITS_4)
        && (size == wide.size || size == IN_64_BITS_4)
        && (entries == wide.entries || entries == IN_64_BITS_2);
  }

  private static int unsigned(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  private static ByteBuffer bytes(FileChannel channel, long at, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw new ZipException("it is cut off");
      }
    }
    return bytes.flip();
  }
}
