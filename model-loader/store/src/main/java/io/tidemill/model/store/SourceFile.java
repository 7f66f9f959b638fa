package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.io.input.ProxyInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A file of this machine that is pushed, and must stay as it was measured.
 *
 * <p>Not thread-safe.
 */
final class SourceFile {
  private final Path path;
  private final ModelFile measured;

  /** Over what was read last; null where nobody read it, because a store has the bytes already. */
  private @Nullable MessageDigest hash;

  SourceFile(Path path, ModelFile measured) {
    this.path = path;
    this.measured = measured;
  }

  /**
   * Opens it, from the beginning each time.
   *
   * @throws InvalidModelException if it cannot be read, then or later
   */
  InputStream open() {
    MessageDigest begun = DigestUtils.getSha256Digest();
    hash = begun;
    try {
      InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS);
      return new ProxyInputStream(new DigestInputStream(in, begun)) {
        @Override
        protected void handleIOException(IOException e) {
          throw Publication.unreadable(path, e);
        }
      };
    } catch (IOException e) {
      throw Publication.unreadable(path, e);
    }
  }

  /** Checks that what was read is what was measured. */
  void checkAsRead() {
    if (hash != null && !HexFormat.of().formatHex(hash.digest()).equals(measured.sha256())) {
      throw changed();
    }
  }

  /** Reads the file again, and checks that it is as it was measured. */
  void check() {
    try (InputStream in = open()) {
      if (!ModelFile.of(measured.path(), in).equals(measured)) {
        throw changed();
      }
    } catch (IOException e) {
      throw Publication.unreadable(path, e);
    }
  }

  private InvalidModelException changed() {
    return new InvalidModelException(
        "'%s': changed while it was pushed; push again when nothing writes to it".formatted(path));
  }
}
