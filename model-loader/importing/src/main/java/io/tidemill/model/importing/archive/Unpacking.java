package io.tidemill.model.importing.archive;

import io.tidemill.model.store.ByteSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder that one archive is unpacked into, what is in it so far, and which entry is at hand.
 *
 * <p>Entries get the permissions of any new file, whatever the archive says. A target that cannot
 * be written is an {@link UncheckedIOException}; all else is the archive's fault.
 *
 * <p>Not thread-safe.
 */
final class Unpacking {
  private static final int SHOWN = 120;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final long RATIO_FROM_BYTES = 16L << 20;

  private final Path root;
  private final long archiveBytes;
  private final ArchiveLimits limits;
  private final EntryNames names = new EntryNames();
  private String current = "";
  private long entries;
  private long written;

  Unpacking(Path root, long archiveBytes, ArchiveLimits limits) {
    this.root = root;
    this.archiveBytes = Math.max(1, archiveBytes);
    this.limits = limits;
  }

  /** Counts an entry of any kind, which is at hand from here on. */
  void begin(String name) {
    at(name);
    if (++entries > limits.entries()) {
      throw new RefusedEntryException("more than " + limits.entries() + " entries");
    }
  }

  /** Says which entry is at hand. */
  void at(String name) {
    current = name;
  }

  /** Where the entry at hand is, for a message; nothing before the first one. */
  String place() {
    String shown = current.replaceAll("\\p{Cntrl}", "?");
    String quoted = shown.length() > SHOWN ? shown.substring(0, SHOWN) + "…" : shown;
    return shown.isEmpty() ? "" : " at entry '" + quoted + "'";
  }

  void folder(String name) {
    EntryName folder = EntryName.of(name);
    names.add(folder, true);
    try {
      Files.createDirectories(resolve(folder));
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  /**
   * Writes a file.
   *
   * @param size how many bytes the archive says that it has
   */
  void file(String name, InputStream content, long size) throws IOException {
    EntryName file = EntryName.of(name);
    names.add(file, false);
    long copied = 0;
    try (OutputStream out = create(resolve(file))) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        copied += read;
        written += read;
        check(copied);
        write(out, buffer, read);
      }
    }
    if (copied != size) {
      throw new IOException("%d bytes (expected: %d)".formatted(copied, size));
    }
  }

  private static OutputStream create(Path path) {
    try {
      Files.createDirectories(path.resolveSibling(""));
      return Files.newOutputStream(path, StandardOpenOption.CREATE_NEW);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private static void write(OutputStream out, byte[] bytes, int length) {
    try {
      out.write(bytes, 0, length);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private Path resolve(EntryName name) {
    Path path = root;
    for (String segment : name.segments()) {
      path = path.resolve(segment);
    }
    if (!path.normalize().startsWith(root)) {
      throw new RefusedEntryException("a path that leaves the folder");
    }
    return path;
  }

  private void check(long size) {
    if (size > limits.perEntry().bytes()) {
      throw new RefusedEntryException("more than " + limits.perEntry());
    }
    if (written > limits.total().bytes()) {
      throw new RefusedEntryException(
          "with it, the archive unpacks to more than " + limits.total());
    }
    if (written > RATIO_FROM_BYTES && written / archiveBytes >= limits.ratio()) {
      throw new RefusedEntryException(
          "with it, the archive of %s unpacks to more than %d times its size"
              .formatted(new ByteSize(archiveBytes), limits.ratio()));
    }
  }
}
