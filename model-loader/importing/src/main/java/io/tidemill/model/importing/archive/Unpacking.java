package io.tidemill.model.importing.archive;

import io.tidemill.model.store.ByteSize;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder that one archive is unpacked into, and what is in it so far.
 *
 * <p>Entries get the permissions of any new file, whatever the archive says.
 *
 * <p>Not thread-safe.
 */
final class Unpacking {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final long RATIO_FROM_BYTES = 16L << 20;

  private final Path root;
  private final long archiveBytes;
  private final ArchiveLimits limits;
  private final EntryNames names = new EntryNames();
  private long entries;
  private long written;

  Unpacking(Path root, long archiveBytes, ArchiveLimits limits) {
    this.root = root;
    this.archiveBytes = Math.max(1, archiveBytes);
    this.limits = limits;
  }

  /** Counts an entry of any kind. */
  void count() {
    if (++entries > limits.entries()) {
      throw new RefusedEntryException("more than " + limits.entries() + " entries");
    }
  }

  void folder(String name) throws IOException {
    EntryName folder = EntryName.of(name);
    names.add(folder, true);
    Files.createDirectories(resolve(folder));
  }

  void file(String name, InputStream content) throws IOException {
    EntryName file = EntryName.of(name);
    names.add(file, false);
    Path path = resolve(file);
    Path parent = path.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
      copy(content, out);
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

  private void copy(InputStream content, OutputStream out) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    long size = 0;
    for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
      size += read;
      written += read;
      check(size);
      out.write(buffer, 0, read);
    }
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
