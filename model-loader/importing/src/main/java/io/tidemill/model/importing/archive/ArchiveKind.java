package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** The archives that can be unpacked, known by their first bytes. */
public enum ArchiveKind {
  TAR,
  TAR_GZ,
  ZIP;

  private static final int TAR_MAGIC_AT = 257;
  private static final byte[] TAR_MAGIC = "ustar".getBytes(StandardCharsets.US_ASCII);

  /**
   * What kind of archive a file is; empty if it is none.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<ArchiveKind> of(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(TAR_MAGIC_AT + TAR_MAGIC.length);
    }
    if (startsWith(start, 0, new byte[] {0x1f, (byte) 0x8b})) {
      return Optional.of(TAR_GZ);
    }
    if (startsWith(start, 0, new byte[] {'P', 'K', 3, 4})
        || startsWith(start, 0, new byte[] {'P', 'K', 5, 6})) {
      return Optional.of(ZIP);
    }
    return startsWith(start, TAR_MAGIC_AT, TAR_MAGIC) ? Optional.of(TAR) : Optional.empty();
  }

  private static boolean startsWith(byte[] bytes, int at, byte[] magic) {
    return bytes.length >= at + magic.length
        && Arrays.equals(bytes, at, at + magic.length, magic, 0, magic.length);
  }
}
