package io.tidemill.model.importing.archive;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipEncoding;
import org.apache.commons.compress.archivers.zip.ZipEncodingHelper;
import org.apache.commons.io.input.BoundedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar record by record: a header, its content, the next one, and at last a header of zeros.
 *
 * <p>Commons Compress understands a header, but its own loop takes more on trust than we may: it
 * reads the attributes of an entry into memory whatever their size, takes leading slashes away from
 * long names, minds no checksum, and holds a tar for whole that is cut off between two entries.
 *
 * <p>For use by one thread, once.
 */
final class TarReader {
  private static final int RECORD_BYTES = 512;
  private static final int MOST_HEADER_BYTES = 1 << 20;
  // Writers fill the last block, of 20 records at most of them.
  private static final int MOST_PADDING_BYTES = 1 << 20;
  private static final int MOST_DIGITS = 7;
  private static final ZipEncoding UTF_8 =
      ZipEncodingHelper.getZipEncoding(StandardCharsets.UTF_8.name());

  private final InputStream in;
  private final Unpacking target;

  // What headers of their own say of the next entry: GNU's long names, and POSIX's attributes.
  private int headerBytes;
  private @Nullable String name;
  private long size = -1;

  TarReader(InputStream in, Unpacking target) {
    this.in = in;
    this.target = target;
  }

  void read() throws IOException {
    for (byte[] header = record(); !isZero(header); header = record()) {
      TarArchiveEntry entry = new TarArchiveEntry(header, UTF_8, false);
      if (!entry.isCheckSumOK()) {
        throw new IOException("a header of another checksum");
      }
      switch (entry.getLinkFlag()) {
        case TarConstants.LF_GNUTYPE_LONGNAME -> {
          byte[] content = headerOf(entry);
          name = text(content, 0, content.length).replaceAll("\0+$", "");
        }
        case TarConstants.LF_GNUTYPE_LONGLINK -> headerOf(entry);
        case TarConstants.LF_PAX_EXTENDED_HEADER_LC, TarConstants.LF_PAX_EXTENDED_HEADER_UC ->
            readAttributes(headerOf(entry));
        case TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER -> readGlobalAttributes(headerOf(entry));
        default -> readEntry(entry);
      }
    }
    // To the end, so that the checksum behind a compressed tar is compared.
    if (!isZero(in.readNBytes(MOST_PADDING_BYTES)) || in.read() >= 0) {
      throw new IOException("something after its end");
    }
  }

  private void readEntry(TarArchiveEntry entry) throws IOException {
    String said = name == null ? entry.getName() : name;
    long length = size < 0 ? entry.getSize() : size;
    target.begin(said);
    boolean folder = entry.isDirectory() || said.endsWith("/");
    checkKind(entry, folder, length);
    if (folder) {
      target.folder(said);
    } else {
      target.file(
          said,
          BoundedInputStream.builder()
              .setInputStream(in)
              .setMaxCount(length)
              .setPropagateClose(false)
              .get(),
          length);
      skipPadding(length);
    }
    headerBytes = 0;
    name = null;
    size = -1;
  }

  private static void checkKind(TarArchiveEntry entry, boolean folder, long length) {
    String refused =
        switch (entry.getLinkFlag()) {
          case TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_DIR -> "";
          case TarConstants.LF_SYMLINK -> "a symbolic link";
          case TarConstants.LF_LINK -> "a hard link";
          case TarConstants.LF_CHR, TarConstants.LF_BLK -> "a device";
          case TarConstants.LF_FIFO -> "a pipe";
          case TarConstants.LF_GNUTYPE_SPARSE -> "a sparse file";
          default -> "neither a file nor a folder";
        };
    if (!refused.isEmpty()) {
      throw new RefusedEntryException(refused);
    }
    if (length < 0 || (folder && length != 0)) {
      throw new RefusedEntryException("a size of " + length + " bytes");
    }
  }

  /** The content of a header that speaks of the next entry. */
  private byte[] headerOf(TarArchiveEntry entry) throws IOException {
    target.at(entry.getName());
    long length = entry.getSize();
    if (length < 0 || length > MOST_HEADER_BYTES - headerBytes) {
      throw new RefusedEntryException("a header that is too large");
    }
    headerBytes += (int) length + RECORD_BYTES;
    byte[] content = bytes((int) length);
    skipPadding(length);
    return content;
  }

  private void readGlobalAttributes(byte[] bytes) throws IOException {
    readAttributes(bytes);
    if (name != null || size >= 0) {
      throw new RefusedEntryException("a name or a size for all entries");
    }
  }

  /** Reads attributes, each as in {@code 18 path=/etc/file} and the end of a line. */
  private void readAttributes(byte[] bytes) throws IOException {
    String ascii = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = 0;
    while (at < bytes.length) {
      int blank = ascii.indexOf(' ', at);
      int equals = ascii.indexOf('=', at);
      int end = at + length(ascii, at, blank);
      if (end > bytes.length || equals < blank || equals > end - 2 || bytes[end - 1] != '\n') {
        throw new IOException("attributes that are malformed");
      }
      String key = ascii.substring(blank + 1, equals);
      switch (key) {
        case "path" -> name = text(bytes, equals + 1, end - 1);
        case "size" -> size = Long.parseLong(ascii.substring(equals + 1, end - 1));
        default -> {
          if (key.startsWith("GNU.sparse")) {
            throw new RefusedEntryException("a sparse file");
          }
        }
      }
      at = end;
    }
  }

  private static int length(String ascii, int at, int blank) throws IOException {
    if (blank <= at || blank - at > MOST_DIGITS) {
      throw new IOException("attributes without their length");
    }
    return Integer.parseInt(ascii, at, blank, 10);
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  private byte[] record() throws IOException {
    return bytes(RECORD_BYTES);
  }

  private void skipPadding(long content) throws IOException {
    bytes((int) Math.floorMod(-content, (long) RECORD_BYTES));
  }

  private byte[] bytes(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("it is cut off");
    }
    return bytes;
  }

  private static boolean isZero(byte[] bytes) {
    return Arrays.equals(bytes, new byte[bytes.length]);
  }
}
