package io.tidemill.model.importing.archive;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Archives as an attacker or a careless colleague makes them. */
public final class Archives {
  private Archives() {}

  /** Writes the entries of a tar. */
  @FunctionalInterface
  public interface TarAuthor {
    void write(TarArchiveOutputStream tar) throws IOException;
  }

  /** Writes the entries of a zip. */
  @FunctionalInterface
  public interface ZipAuthor {
    void write(ZipArchiveOutputStream zip) throws IOException;
  }

  public static Path tar(Path file, TarAuthor author) throws IOException {
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      author.write(tar);
    }
    return file;
  }

  public static Path tarGz(Path file, TarAuthor author) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(file)))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      author.write(tar);
    }
    return file;
  }

  public static Path zip(Path file, ZipAuthor author) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out)) {
      author.write(zip);
    }
    return file;
  }

  public static void put(TarArchiveOutputStream tar, String name, byte[] content)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    tar.putArchiveEntry(entry);
    tar.write(content);
    tar.closeArchiveEntry();
  }

  public static void put(TarArchiveOutputStream tar, String name) throws IOException {
    put(tar, name, name.getBytes(StandardCharsets.UTF_8));
  }

  static void special(TarArchiveOutputStream tar, String name, byte kind, String link)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind, true);
    entry.setLinkName(link);
    tar.putArchiveEntry(entry);
    tar.closeArchiveEntry();
  }

  /** The absolute path stands in an attribute, where it overrides the entry's name. */
  static void attribute(TarArchiveOutputStream tar, String key, String value) throws IOException {
    int length = key.length() + value.length() + 3;
    String line = " " + key + "=" + value + "\n";
    int digits = String.valueOf(length + String.valueOf(length).length()).length();
    byte[] record = ((length + digits) + line).getBytes(StandardCharsets.UTF_8);
    TarArchiveEntry header =
        new TarArchiveEntry("attributes", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
    header.setSize(record.length);
    tar.putArchiveEntry(header);
    tar.write(record);
    tar.closeArchiveEntry();
  }

  public static void put(ZipArchiveOutputStream zip, String name, byte[] content)
      throws IOException {
    put(zip, new ZipArchiveEntry(name), content);
  }

  static void put(ZipArchiveOutputStream zip, ZipArchiveEntry entry, byte[] content)
      throws IOException {
    zip.putArchiveEntry(entry);
    zip.write(content);
    zip.closeArchiveEntry();
  }
}
