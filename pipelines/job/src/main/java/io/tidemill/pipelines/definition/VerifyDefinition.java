package io.tidemill.pipelines.definition;

import java.nio.file.Path;
import java.util.List;

/**
 * Whether a job demands that its models are signed, and whose signatures it trusts.
 *
 * @param keys public keys in PEM, one of which must have signed each version; absolute paths, or
 *     relative to the working directory
 */
public record VerifyDefinition(boolean required, List<Path> keys) {
  /** No signature is demanded. */
  public static final VerifyDefinition NONE = new VerifyDefinition(false, List.of());

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a signature is demanded and no key is trusted
   */
  public VerifyDefinition {
    keys = List.copyOf(keys);
    if (required && keys.isEmpty()) {
      throw new IllegalArgumentException(
          "keys: none (expected: >= 1 file with a public key, as 'required' is true)");
    }
  }
}
