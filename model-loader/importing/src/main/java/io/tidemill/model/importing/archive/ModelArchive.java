package io.tidemill.model.importing.archive;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.io.file.PathUtils;

/**
 * An archive from people one does not know.
 *
 * <p>It is unpacked beside its target and moved there in one step, so the target is whole or not
 * there. Only files and folders are taken. An entry is refused, and with it the archive, if it is a
 * link, a device or a pipe; if its name is absolute, holds {@code ..}, a backslash, a colon, {@code
 * %}, a control character or something that looks like a separator; if two entries would be one
 * file on some file system; and if a limit is passed. What an archive says of itself (sizes,
 * checksums, where it ends) must be so.
 *
 * <p>Immutable and thread-safe.
 */
public final class ModelArchive {
  private static final int TAR_MAGIC_AT = 257;
  private static final byte[] TAR_MAGIC = "ustar".getBytes(StandardCharsets.US_ASCII);

  private final Path file;
  private final Kind kind;

  private ModelArchive(Path file, Kind kind) {
    this.file = requireNonNull(file, "file");
    this.kind = requireNonNull(kind, "kind");
  }

  private enum Kind {
    TAR,
    TAR_GZ,
    ZIP
  }

  /**
   * The archive that a path is, by its first bytes; empty if it is none.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<ModelArchive> of(Path path) throws IOException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(path)) {
      return kind(in.readNBytes(TAR_MAGIC_AT + TAR_MAGIC.length))
          .map(kind -> new ModelArchive(path, kind));
    }
  }

  private static Optional<Kind> kind(byte[] start) {
    if (holds(start, 0, new byte[] {0x1f, (byte) 0x8b})) {
      return Optional.of(Kind.TAR_GZ);
    }
    if (holds(start, 0, new byte[] {'P', 'K', 3, 4})
        || holds(start, 0, new byte[] {'P', 'K', 5, 6})) {
      return Optional.of(Kind.ZIP);
    }
    return holds(start, TAR_MAGIC_AT, TAR_MAGIC) ? Optional.of(Kind.TAR) : Optional.empty();
  }

  private static boolean holds(byte[] bytes, int at, byte[] magic) {
    return bytes.length >= at + magic.length
        && Arrays.equals(bytes, at, at + magic.length, magic, 0, magic.length);
  }

  /**
   * Unpacks it.
   *
   * @param target a folder that is not there, in one that is
   * @throws InvalidModelException naming the entry that is refused and the reason
   * @throws IOException if the target cannot be written
   */
  public void unpack(Path target, ArchiveLimits limits) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null || Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          "target: '" + target + "' (expected: a folder that is not there yet)");
    }
    Path staging = Files.createTempDirectory(parent, ".tidemill-unpack-");
    try {
      Path content = Files.createDirectory(staging.resolve("content"));
      unpack(new Unpacking(content.toRealPath(), Files.size(file), limits));
      Files.move(content, absolute, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      PathUtils.deleteDirectory(staging);
    }
  }

  private void unpack(Unpacking target) throws IOException {
    try {
      read(target);
    } catch (RefusedEntryException refused) {
      throw new InvalidModelException(
          "archive '%s': refused%s: %s; nothing was unpacked"
              .formatted(file, target.place(), refused.getMessage()),
          refused);
    } catch (UncheckedIOException unwritable) {
      throw unwritable.getCause();
    } catch (IOException | RuntimeException damaged) {
      // The readers of a library throw what they like at bytes that nobody should write.
      throw new InvalidModelException(
          "archive '%s': cannot be unpacked%s: %s; nothing was unpacked (expected: a whole .tar, .tar.gz or .zip; uncompress a single file before)"
              .formatted(file, target.place(), damaged.getMessage()),
          damaged);
    }
  }

  private void read(Unpacking target) throws IOException {
    if (kind == Kind.ZIP) {
      new ZipReader(target).read(file);
      return;
    }
    try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
        InputStream tar = kind == Kind.TAR ? bytes : new GZIPInputStream(bytes)) {
      new TarReader(tar, target).read();
    }
  }

  /** Its path. */
  @Override
  public String toString() {
    return file.toString();
  }
}
