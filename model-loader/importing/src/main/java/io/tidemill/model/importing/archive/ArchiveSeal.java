package io.tidemill.model.importing.archive;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.io.input.BoundedInputStream;

/**
 * What a sealed tar ends with: a last entry that holds the SHA-256 of every byte before it, and the
 * end. So it is known of each byte of the file whether it is as it was written, also of those that
 * no entry has. It proves nothing against whoever can write a file; that is for signatures.
 *
 * @param sha256 64 hexadecimal digits
 */
public record ArchiveSeal(String sha256) {
  private static final String NAME = "checksum";

  public ArchiveSeal {
    requireNonNull(sha256, "sha256");
  }

  /** That of what was digested so far. */
  static ArchiveSeal of(MessageDigest before) {
    return new ArchiveSeal(HexFormat.of().formatHex(before.digest()));
  }

  /**
   * Reads a whole file, and checks that it is sealed as it is.
   *
   * @throws InvalidModelException if it is not
   * @throws IOException if it cannot be read
   */
  public static ArchiveSeal check(Path file) throws IOException {
    int length = new ArchiveSeal("0".repeat(64)).bytes().length;
    long before = Files.size(file) - length;
    if (before < 0) {
      throw refused(file, "too short for one");
    }
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = DigestUtils.getSha256Digest();
      DigestUtils.updateDigest(
          digest,
          BoundedInputStream.builder()
              .setInputStream(in)
              .setMaxCount(before)
              .setPropagateClose(false)
              .get());
      ArchiveSeal seal = of(digest);
      if (!Arrays.equals(seal.bytes(), in.readAllBytes())) {
        throw refused(file, "its bytes are not those of its checksum");
      }
      return seal;
    }
  }

  private static InvalidModelException refused(Path file, String why) {
    return new InvalidModelException(
        "'%s': not sealed: %s (expected: the very file that was written, not changed, cut off or packed once more); copy it again"
            .formatted(file, why));
  }

  /** The entry, and the end of the tar. */
  private byte[] bytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
      write(tar);
    }
    return bytes.toByteArray();
  }

  void write(TarArchiveOutputStream tar) throws IOException {
    ModelExport.write(tar, NAME, "sha256:" + sha256 + "\n");
  }
}
