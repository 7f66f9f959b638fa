package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/** Reads a zip by its directory; what lies in the file besides is left aside. */
final class ZipReading {
  private ZipReading() {}

  static void unpack(Path archive, Unpacking target, CurrentEntry current) throws IOException {
    try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
      List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
      for (ZipArchiveEntry entry : entries) {
        current.is(entry.getName());
        target.count();
        checkKind(zip, entry);
      }
      for (ZipArchiveEntry entry : entries) {
        current.is(entry.getName());
        if (entry.isDirectory()) {
          target.folder(entry.getName());
        } else {
          try (InputStream content = zip.getInputStream(entry)) {
            target.file(entry.getName(), content);
          }
        }
      }
    }
  }

  private static void checkKind(ZipFile zip, ZipArchiveEntry entry) {
    for (byte character : entry.getRawName()) {
      // The reader makes slashes of them, in archives that were made on some systems.
      if (character == '\\') {
        throw new RefusedEntryException("a backslash in the name");
      }
    }
    if (entry.isUnixSymlink()) {
      throw new RefusedEntryException("a symbolic link");
    }
    int kind = entry.getUnixMode() & UnixStat.FILE_TYPE_FLAG;
    if (kind != 0 && kind != UnixStat.FILE_FLAG && kind != UnixStat.DIR_FLAG) {
      throw new RefusedEntryException("neither a file nor a folder");
    }
    if (entry.getGeneralPurposeBit().usesEncryption()) {
      throw new RefusedEntryException("encrypted");
    }
    if (!zip.canReadEntryData(entry)) {
      throw new RefusedEntryException("compressed by method " + entry.getMethod());
    }
  }
}
