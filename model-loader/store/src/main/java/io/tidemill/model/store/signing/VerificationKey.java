package io.tidemill.model.store.signing;

import io.tidemill.model.InvalidModelException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SignatureException;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A public key that signatures are checked with. It travels with a job.
 *
 * <p>Immutable and thread-safe.
 *
 * @param pem the key alone, as PEM of its X.509 SubjectPublicKeyInfo
 */
public record VerificationKey(String pem) implements Serializable {
  private static final String TYPE = "PUBLIC KEY";

  /**
   * Takes the first public key of a text and leaves out whatever stands around it.
   *
   * @throws IllegalArgumentException if there is none, or it is not on P-256, P-384 or P-521
   */
  public VerificationKey {
    pem = canonical(pem);
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it cannot be read or holds no such key
   */
  public static VerificationKey read(Path file) {
    try {
      return new VerificationKey(Files.readString(file));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "public key '%s': cannot be read (%s)".formatted(file, e), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("public key '%s': %s".formatted(file, e.getMessage()), e);
    }
  }

  static VerificationKey of(PublicKey key) {
    return new VerificationKey(Pem.of(TYPE, key.getEncoded()).text());
  }

  private static String canonical(String text) {
    List<Pem> blocks = Pem.blocks(text);
    if (blocks.stream().anyMatch(block -> block.type().endsWith("PRIVATE KEY"))) {
      throw new IllegalArgumentException(
          "a private key (expected: the public one); write it with 'openssl pkey -in PRIVATE.pem -pubout' and keep the private one away from here");
    }
    Pem block =
        blocks.stream()
            .filter(there -> there.type().equals(TYPE))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no PEM block 'PUBLIC KEY' (expected: an EC public key on P-256, P-384 or P-521)"));
    return Pem.of(TYPE, decode(block.bytes()).getEncoded()).text();
  }

  private static ECPublicKey decode(byte[] bytes) {
    try {
      PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(bytes));
      if (key instanceof ECPublicKey elliptic && SigningCurve.of(elliptic).isPresent()) {
        return elliptic;
      }
      throw new IllegalArgumentException("a key on another curve " + expected());
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not an EC public key " + expected(), e);
    }
  }

  private static String expected() {
    return "(expected: an EC public key on P-256, P-384 or P-521)";
  }

  /** What names the key in signatures: 64 hexadecimal digits, the SHA-256 of {@link #pem()}. */
  public String fingerprint() {
    return DigestUtils.sha256Hex(pem);
  }

  /** Whether this key's private one made the signature over the bytes. */
  boolean made(byte[] signature, byte[] bytes) {
    ECPublicKey key = decode(Pem.blocks(pem).get(0).bytes());
    try {
      return SigningCurve.of(key).orElseThrow().verify(key, signature, bytes);
    } catch (SignatureException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new InvalidModelException("key " + fingerprint() + ": cannot verify", e);
    }
  }

  @Override
  public String toString() {
    return "key " + fingerprint();
  }
}
