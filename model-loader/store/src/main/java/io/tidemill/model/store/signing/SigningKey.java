package io.tidemill.model.store.signing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;

/**
 * A private key that versions are signed with. Neither its text nor any message shows it, and it
 * cannot be serialized.
 *
 * <p>Immutable and thread-safe.
 */
public final class SigningKey {
  private final ECPrivateKey key;
  private final VerificationKey verificationKey;

  private SigningKey(ECPrivateKey key) {
    this.key = key;
    this.verificationKey = PublicHalf.of(key);
  }

  /**
   * The key of a PEM text: PKCS#8 or SEC 1, on P-256, P-384 or P-521, not encrypted.
   *
   * @throws IllegalArgumentException if it is none; the message does not repeat the text
   */
  public static SigningKey of(String pem) {
    return new SigningKey(PrivateKeyReader.read(pem));
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it cannot be read or holds no such key
   */
  public static SigningKey read(Path file) {
    try {
      return of(Files.readString(file));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "private key '%s': cannot be read (%s)".formatted(file, e.getClass().getSimpleName()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("private key '%s': %s".formatted(file, e.getMessage()), e);
    }
  }

  /** What checks this key's signatures. */
  public VerificationKey verificationKey() {
    return verificationKey;
  }

  byte[] sign(byte[] bytes) {
    try {
      return sign(key, bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(verificationKey + ": cannot sign", e);
    }
  }

  static byte[] sign(ECPrivateKey key, byte[] bytes) throws GeneralSecurityException {
    Signature signing = Signature.getInstance(SigningCurve.of(key).orElseThrow().algorithm());
    signing.initSign(key);
    signing.update(bytes);
    return signing.sign();
  }

  @Override
  public String toString() {
    return "private half of " + verificationKey;
  }
}
