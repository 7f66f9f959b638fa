package io.tidemill.model.importing.archive;

import io.tidemill.model.InvalidModelException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.GZIPInputStream;

/**
 * Unpacks archives from people one does not know.
 *
 * <p>An archive is unpacked beside its target and moved there in one step, so the target is whole
 * or not there. Only files and folders are taken. An entry is refused, and with it the archive, if
 * it is a link, a device or a pipe; if its name is absolute, holds {@code ..}, a backslash, a
 * colon, {@code %}, a control character or something that looks like a separator; if two entries
 * would be one file on some file system; and if a limit is passed.
 *
 * <p>Stateless and thread-safe.
 */
public final class ModelArchive {
  private ModelArchive() {}

  /**
   * Unpacks a {@code .tar}, {@code .tar.gz} or {@code .zip}.
   *
   * @param target a folder that is not there, in one that is
   * @throws InvalidModelException naming the entry that is refused and the reason
   * @throws IOException if the target cannot be written
   */
  public static void unpack(Path archive, Path target, ArchiveLimits limits) throws IOException {
    ArchiveKind kind =
        ArchiveKind.of(archive)
            .orElseThrow(
                () ->
                    new InvalidModelException(
                        "'%s' (expected: a .tar, .tar.gz or .zip)".formatted(archive)));
    Path absolute = target.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null || Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalArgumentException(
          "target: '" + target + "' (expected: a folder that is not there yet)");
    }
    Path staging = Files.createTempDirectory(parent, ".tidemill-unpack-");
    try {
      Path content = Files.createDirectory(staging.resolve("content"));
      unpackInto(archive, kind, content.toRealPath(), limits);
      Files.move(content, absolute, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Folders.delete(staging);
    }
  }

  private static void unpackInto(
      Path archive, ArchiveKind kind, Path content, ArchiveLimits limits) {
    CurrentEntry current = new CurrentEntry();
    try {
      Unpacking unpacking = new Unpacking(content, Files.size(archive), limits);
      switch (kind) {
        case ZIP -> ZipReading.unpack(archive, unpacking, current);
        case TAR -> {
          try (InputStream in = new BufferedInputStream(Files.newInputStream(archive))) {
            TarReading.unpack(in, unpacking, current);
          }
        }
        case TAR_GZ -> {
          try (InputStream in =
              new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
            TarReading.unpack(in, unpacking, current);
          }
        }
      }
    } catch (RefusedEntryException refused) {
      throw new InvalidModelException(
          "archive '%s': entry %s is refused: %s; nothing was unpacked"
              .formatted(archive, current, refused.getMessage()),
          refused);
    } catch (IOException | IllegalArgumentException damaged) {
      throw new InvalidModelException(
          "archive '%s': cannot be unpacked%s: %s; nothing was unpacked (expected: a whole .tar, .tar.gz or .zip; uncompress a single file before)"
              .formatted(archive, current.place(), damaged.getMessage()),
          damaged);
    }
  }
}
