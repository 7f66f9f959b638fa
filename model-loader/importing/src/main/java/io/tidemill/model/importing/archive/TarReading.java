package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Reads a tar, one entry after the other. */
final class TarReading {
  private static final long HEADER_BYTES = 1 << 20;
  private static final long BLOCK_BYTES = 1 << 14;

  private TarReading() {}

  static void unpack(InputStream in, Unpacking target, CurrentEntry current) throws IOException {
    GuardedStream guarded = new GuardedStream(in);
    guarded.beginHeaders(HEADER_BYTES);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(guarded, StandardCharsets.UTF_8.name())) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        current.is(entry.getName());
        target.count();
        LongNames.check(guarded.headers());
        checkKind(entry);
        if (entry.isDirectory()) {
          target.folder(entry.getName());
        } else {
          guarded.beginContent(Math.addExact(entry.getSize(), BLOCK_BYTES));
          target.file(entry.getName(), tar);
        }
        guarded.beginHeaders(HEADER_BYTES);
      }
    }
  }

  private static void checkKind(TarArchiveEntry entry) {
    if (entry.isSymbolicLink()) {
      throw new RefusedEntryException("a symbolic link");
    }
    if (entry.isLink()) {
      throw new RefusedEntryException("a hard link");
    }
    if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      throw new RefusedEntryException("a device");
    }
    if (entry.isFIFO()) {
      throw new RefusedEntryException("a pipe");
    }
    if (entry.isSparse()) {
      throw new RefusedEntryException("a sparse file");
    }
    boolean plain = entry.getLinkFlag() == '0' || entry.getLinkFlag() == 0;
    if (!entry.isDirectory() && !plain) {
      throw new RefusedEntryException("neither a file nor a folder");
    }
    if (entry.getSize() < 0 || (entry.isDirectory() && entry.getSize() != 0)) {
      throw new RefusedEntryException("a size of " + entry.getSize() + " bytes");
    }
  }
}
