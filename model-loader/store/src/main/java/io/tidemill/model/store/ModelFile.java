package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.security.DigestInputStream;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * One file of a version, as its manifest proves it.
 *
 * @param path relative to the version's {@code files} folder, with {@code /} between names; never
 *     leaves that folder
 * @param size in bytes
 * @param sha256 64 hexadecimal digits
 */
public record ModelFile(String path, long size, String sha256) implements Serializable {
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SEGMENT = Pattern.compile("[^/\\\\:%\\p{Cntrl}]{1,255}");

  /**
   * Measures everything that comes out of a stream.
   *
   * @throws IOException if it cannot be read
   */
  static ModelFile of(String path, InputStream content) throws IOException {
    DigestInputStream hashed = new DigestInputStream(content, DigestUtils.getSha256Digest());
    long size = hashed.transferTo(OutputStream.nullOutputStream());
    return new ModelFile(path, size, HexFormat.of().formatHex(hashed.getMessageDigest().digest()));
  }

  /**
   * Checks that the file may be part of a version.
   *
   * @throws InvalidModelException naming the path and the remedy
   */
  public ModelFile {
    checkPath(requireNonNull(path, "path"));
    if (size < 0) {
      throw new InvalidModelException(
          "size of file '%s': %d (expected: >= 0)".formatted(path, size));
    }
    if (!SHA_256.matcher(sha256).matches()) {
      throw new InvalidModelException(
          "sha256 of file '%s': '%s' (expected: 64 hexadecimal digits)".formatted(path, sha256));
    }
  }

  private static void checkPath(String path) {
    for (String segment : path.split("/", -1)) {
      if (!SEGMENT.matcher(segment).matches() || segment.equals(".") || segment.equals("..")) {
        throw new InvalidModelException(
            "path of file '%s' (expected: relative, with '/' between names, without '.', '..', '\\', ':', '%%' or control characters); rename the file"
                .formatted(path.replaceAll("\\p{Cntrl}", "?")));
      }
    }
    RefusedFormat.checkName(path);
  }
}
