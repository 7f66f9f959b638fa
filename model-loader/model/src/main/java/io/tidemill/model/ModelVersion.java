package io.tidemill.model;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.regex.Pattern;

/**
 * One published version of a model and the digest that proves its bytes.
 *
 * @param digest {@code sha256:} and 64 hexadecimal digits, over the manifest's list of files
 */
public record ModelVersion(String name, SemanticVersion version, String digest)
    implements Serializable {
  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

  public ModelVersion {
    ModelRef.checkName("model name", name);
    requireNonNull(version, "version");
    if (!DIGEST.matcher(digest).matches()) {
      throw new IllegalArgumentException(
          "digest of "
              + name
              + ":"
              + version
              + ": '"
              + digest
              + "' (expected: sha256: and 64 hexadecimal digits)");
    }
  }

  /** The reference that names this version. */
  public ModelRef ref() {
    return ModelRef.ofVersion(name, version);
  }

  /** {@code fraud:1.4.2}. */
  @Override
  public String toString() {
    return name + ":" + version;
  }
}
