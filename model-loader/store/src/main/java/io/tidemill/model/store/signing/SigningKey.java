package io.tidemill.model.store.signing;

import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;

/**
 * A private key that versions are signed with. Neither its text nor any message shows it, and it
 * cannot be serialized; exceptions carry no cause, because the JDK's own may repeat bytes of a key.
 *
 * <p>Immutable and thread-safe.
 */
public final class SigningKey {
  private static final String PKCS_8 = "PRIVATE KEY";

  private final ECPrivateKey key;
  private final SigningCurve curve;
  private final VerificationKey verificationKey;

  private SigningKey(ECPrivateKey key) {
    this.key = key;
    this.curve = SigningCurve.of(key).orElseThrow(SigningKey::notSupported);
    try {
      this.verificationKey = VerificationKey.of(curve.publicHalf(key));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "not an EC private key that signs (expected: one on P-256, P-384 or P-521)");
    }
  }

  /**
   * The key of a PEM text: PKCS#8, on P-256, P-384 or P-521, not encrypted.
   *
   * @throws IllegalArgumentException if it is none; the message does not repeat the text
   */
  public static SigningKey of(String pem) {
    Pem block =
        Pem.blocks(pem).stream()
            .filter(there -> there.type().endsWith(PKCS_8))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no PEM block 'PRIVATE KEY' (expected: an EC private key)"));
    if (block.type().equals("ENCRYPTED PRIVATE KEY") || block.body().contains("ENCRYPTED")) {
      throw new IllegalArgumentException(
          "encrypted (expected: a plain EC private key); decrypt it into a file that only you can read, with 'openssl pkey -in ENCRYPTED.pem -out PLAIN.pem'");
    }
    if (!block.type().equals(PKCS_8)) {
      throw new IllegalArgumentException(
          "%s (expected: an EC private key on P-256, P-384 or P-521, as PKCS#8); where it is one, write it so with 'openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out PLAIN.pem'"
              .formatted(block.type()));
    }
    try {
      PrivateKey key =
          KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(block.bytes()));
      if (key instanceof ECPrivateKey elliptic) {
        return new SigningKey(elliptic);
      }
    } catch (GeneralSecurityException e) {
      throw notSupported();
    }
    throw notSupported();
  }

  private static IllegalArgumentException notSupported() {
    return new IllegalArgumentException(
        "not an EC private key on a supported curve (expected: P-256, P-384 or P-521, as PKCS#8)");
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

  /**
   * A signature over a version's name, number, digest and files. The files themselves are not read:
   * prove them first, or the signature is over what a damaged store says.
   */
  public DetachedSignature sign(ModelManifest manifest) {
    Bundle bundle = Bundle.signed(this, Statement.of(manifest).write());
    return new DetachedSignature(verificationKey.fingerprint(), bundle.write());
  }

  byte[] sign(byte[] bytes) {
    try {
      return curve.sign(key, bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(verificationKey + ": cannot sign", e);
    }
  }

  @Override
  public String toString() {
    return "private half of " + verificationKey;
  }
}
