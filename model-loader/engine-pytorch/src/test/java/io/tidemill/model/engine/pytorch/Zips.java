package io.tidemill.model.engine.pytorch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Changes to a zip that has no comment, to its end above all. */
final class Zips {
  private static final int END_BYTES = 22;
  private static final int OFFSET_AT = 16;

  private Zips() {}

  private static ByteBuffer of(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy with room behind all but its end. */
  private static byte[] copyWith(byte[] zip, int more) {
    return Arrays.copyOf(Arrays.copyOf(zip, zip.length - END_BYTES), zip.length + more);
  }

  private static ByteBuffer behind(byte[] copy, byte[] zip) {
    return of(copy).position(zip.length - END_BYTES);
  }

  private static byte[] end(byte[] zip) {
    return Arrays.copyOfRange(zip, zip.length - END_BYTES, zip.length);
  }

  /** Two directories: one that the end points to, and one before the end. */
  static byte[] withOtherDirectory(byte[] zip) {
    int offset = of(end(zip)).getInt(OFFSET_AT);
    int size = of(end(zip)).getInt(OFFSET_AT - 4);
    byte[] copy = copyWith(zip, size);
    behind(copy, zip).put(zip, offset, size).put(end(zip));
    return copy;
  }

  /** An end in the comment of another. */
  static byte[] withTwoEnds(byte[] zip) {
    byte[] first = end(zip);
    of(first).putShort(END_BYTES - 2, (short) END_BYTES);
    byte[] copy = copyWith(zip, END_BYTES);
    behind(copy, zip).put(first).put(end(zip));
    return copy;
  }

  /** An end that counts one entry less than there are. */
  static byte[] withFewerEntriesSaid(byte[] zip) {
    byte[] copy = zip.clone();
    int at = zip.length - END_BYTES + 8;
    short fewer = (short) (of(zip).getShort(at) - 1);
    of(copy).putShort(at, fewer).putShort(at + 2, fewer);
    return copy;
  }

  /** One more entry, of a name. */
  static byte[] withEntry(byte[] zip, String name) {
    return withEntries(zip, List.of(name));
  }

  /** More entries, of these names, that are empty. */
  static byte[] withEntries(byte[] zip, List<String> names) {
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip));
        ZipOutputStream out = new ZipOutputStream(copy)) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        in.transferTo(out);
      }
      for (String name : names) {
        out.putNextEntry(new ZipEntry(name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copy.toByteArray();
  }

  /** As PyTorch writes it, whose ends have 64 bits as well. */
  static byte[] withEndOf64Bits(byte[] zip) {
    return withEndOf64Bits(zip, of(end(zip)).getInt(OFFSET_AT));
  }

  static byte[] withOtherEndOf64Bits(byte[] zip) {
    return withEndOf64Bits(zip, of(end(zip)).getInt(OFFSET_AT) - 1L);
  }

  private static byte[] withEndOf64Bits(byte[] zip, long offset) {
    long entries = of(end(zip)).getShort(10);
    long size = of(end(zip)).getInt(OFFSET_AT - 4);
    byte[] copy = copyWith(zip, 56 + 20);
    ByteBuffer out = behind(copy, zip);
    long at = out.position();
    out.putInt(0x06064b50).putLong(44).putShort((short) 0x31e).putShort((short) 45).putLong(0);
    out.putLong(entries).putLong(entries).putLong(size).putLong(offset);
    out.putInt(0x07064b50).putInt(0).putLong(at).putInt(1).put(end(zip));
    return copy;
  }
}
