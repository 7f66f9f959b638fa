package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;
import org.apache.commons.io.input.ChecksumInputStream;

/**
 * Reads a zip by its directory; what lies in the file besides is left aside.
 *
 * @param target what it is unpacked into
 */
record ZipReader(Unpacking target) {
  // Commons Compress knows others too, for which it needs jars that are not here.
  private static final Set<ZipMethod> METHODS =
      EnumSet.of(
          ZipMethod.STORED, ZipMethod.DEFLATED, ZipMethod.ENHANCED_DEFLATED, ZipMethod.BZIP2);

  void read(Path archive) throws IOException {
    try (ZipFile zip = ZipFile.builder().setPath(archive).get()) {
      List<ZipArchiveEntry> entries = Collections.list(zip.getEntries());
      for (ZipArchiveEntry entry : entries) {
        target.begin(entry.getName());
        checkKind(zip, entry);
      }
      for (ZipArchiveEntry entry : entries) {
        target.at(entry.getName());
        if (entry.isDirectory()) {
          target.folder(entry.getName());
        } else {
          try (InputStream content = content(zip, entry)) {
            target.file(entry.getName(), content, entry.getSize());
          }
        }
      }
    }
  }

  private static InputStream content(ZipFile zip, ZipArchiveEntry entry) throws IOException {
    return ChecksumInputStream.builder()
        .setInputStream(zip.getInputStream(entry))
        .setChecksum(new CRC32())
        .setExpectedChecksumValue(entry.getCrc())
        .get();
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
    ZipMethod method = ZipMethod.getMethodByCode(entry.getMethod());
    if (method == null || !METHODS.contains(method) || !zip.canReadEntryData(entry)) {
      throw new RefusedEntryException("compressed by method " + entry.getMethod());
    }
  }
}
