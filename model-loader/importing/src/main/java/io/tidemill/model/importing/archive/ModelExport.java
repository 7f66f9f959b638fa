package io.tidemill.model.importing.archive;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A version as one file, a plain tar: {@code model.yaml}, {@code files/…} and {@code signatures/…}.
 * The same version gives the same bytes, whoever writes it, where and when.
 *
 * @param files the folder of its files, which are proved
 */
public record ModelExport(ModelManifest manifest, Path files, List<DetachedSignature> signatures) {
  private static final int PLAIN_NAME_BYTES = 100;

  public ModelExport {
    requireNonNull(manifest, "manifest");
    requireNonNull(files, "files");
    signatures =
        signatures.stream().sorted(Comparator.comparing(DetachedSignature::fingerprint)).toList();
  }

  /**
   * Writes the file, which is whole or not there.
   *
   * @param target a file that is not there, or is replaced
   * @throws IOException if it cannot be written
   */
  public void write(Path target) throws IOException {
    write(target, false);
  }

  /** As {@link #write}, with an {@link ArchiveSeal} at its end. */
  public void writeSealed(Path target) throws IOException {
    write(target, true);
  }

  private void write(Path target, boolean sealed) throws IOException {
    Path parent = target.toAbsolutePath().normalize().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("'" + target + "' (expected: a file)");
    }
    Path part = Files.createTempFile(parent, ".tidemill-export-", ".tar");
    try {
      MessageDigest written = DigestUtils.getSha256Digest();
      try (OutputStream out =
              new DigestOutputStream(
                  new BufferedOutputStream(Files.newOutputStream(part)), written);
          TarArchiveOutputStream tar =
              new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_TRUNCATE);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
        write(tar, "model.yaml", manifest.yaml());
        for (ModelFile file : manifest.files()) {
          begin(tar, "files/" + file.path(), file.size());
          Files.copy(files.resolve(file.path()), tar);
          tar.closeArchiveEntry();
        }
        for (DetachedSignature signature : signatures) {
          write(
              tar, "signatures/" + signature.fingerprint() + ".sigstore.json", signature.bundle());
        }
        if (sealed) {
          tar.flush();
          ArchiveSeal.of(written).write(tar);
        }
      }
      Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  static void write(TarArchiveOutputStream tar, String name, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    begin(tar, name, bytes.length);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static void begin(TarArchiveOutputStream tar, String name, long size) throws IOException {
    boolean ascii = StandardCharsets.US_ASCII.newEncoder().canEncode(name);
    if (!ascii || name.length() >= PLAIN_NAME_BYTES) {
      // The library's own header for such names tells the user's name.
      byte[] record = attribute(name);
      TarArchiveEntry header =
          new TarArchiveEntry("attributes", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
      tar.putArchiveEntry(anonymous(header, record.length));
      tar.write(record);
      tar.closeArchiveEntry();
    }
    String plain = ascii ? name : name.replaceAll("[^\\x20-\\x7e]", "?");
    tar.putArchiveEntry(anonymous(new TarArchiveEntry(plain), size));
  }

  private static byte[] attribute(String name) {
    byte[] rest = (" path=" + name + "\n").getBytes(StandardCharsets.UTF_8);
    int length = rest.length + String.valueOf(rest.length).length();
    if (String.valueOf(length).length() > String.valueOf(rest.length).length()) {
      length++;
    }
    return (length + " path=" + name + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static TarArchiveEntry anonymous(TarArchiveEntry entry, long size) {
    entry.setSize(size);
    entry.setModTime(0L);
    entry.setIds(0, 0);
    entry.setNames("", "");
    entry.setMode(TarArchiveEntry.DEFAULT_FILE_MODE);
    return entry;
  }
}
