package io.tidemill.model.store.signing;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import javax.crypto.KeyAgreement;

/**
 * The public key of a private one. The JDK multiplies points of a curve only inside a key
 * agreement: agreeing with the curve's generator gives the public point's x, which leaves two
 * points, and a signature tells which of them it is. So no arithmetic on a private key happens
 * here, where its time could be measured.
 */
final class PublicHalf {
  private static final BigInteger THREE = BigInteger.valueOf(3);
  private static final byte[] PROBE = {1};

  private PublicHalf() {}

  static VerificationKey of(ECPrivateKey key) {
    try {
      ECParameterSpec curve = key.getParams();
      KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
      agreement.init(key);
      agreement.doPhase(at(curve.getGenerator(), curve), true);
      BigInteger x = new BigInteger(1, agreement.generateSecret());
      BigInteger y = y(x, curve);
      BigInteger prime = ((ECFieldFp) curve.getCurve().getField()).getP();
      VerificationKey first = VerificationKey.of(at(new ECPoint(x, y), curve));
      return first.made(SigningKey.sign(key, PROBE), PROBE)
          ? first
          : VerificationKey.of(at(new ECPoint(x, prime.subtract(y)), curve));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "not an EC private key that signs (expected: one on P-256, P-384 or P-521)");
    }
  }

  private static PublicKey at(ECPoint point, ECParameterSpec curve)
      throws GeneralSecurityException {
    return KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, curve));
  }

  /** A square root of x³ + ax + b; the primes of all three curves are 3 modulo 4. */
  private static BigInteger y(BigInteger x, ECParameterSpec curve) {
    BigInteger prime = ((ECFieldFp) curve.getCurve().getField()).getP();
    BigInteger square =
        x.modPow(THREE, prime)
            .add(curve.getCurve().getA().multiply(x))
            .add(curve.getCurve().getB())
            .mod(prime);
    return square.modPow(prime.add(BigInteger.ONE).shiftRight(2), prime);
  }
}
