package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import java.util.regex.Pattern;

/**
 * A signature that lies beside a version. A store keeps it as it is; whether it is good is for
 * {@code model.store.signing} to say.
 *
 * @param fingerprint what names the key: 64 hexadecimal digits
 * @param bundle the sigstore bundle, as JSON
 */
public record DetachedSignature(String fingerprint, String bundle) {
  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{64}");

  /**
   * Checks the fingerprint.
   *
   * @throws InvalidModelException if it is none
   */
  public DetachedSignature {
    requireNonNull(bundle, "bundle");
    if (!isFingerprint(fingerprint)) {
      throw new InvalidModelException(
          "key of a signature: '%s' (expected: 64 hexadecimal digits)".formatted(fingerprint));
    }
  }

  static boolean isFingerprint(String text) {
    return FINGERPRINT.matcher(text).matches();
  }
}
