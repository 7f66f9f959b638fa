package io.tidemill.model.store.signing;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.KeyAgreement;

/** The curves of the format, each with the hash that belongs to it. */
enum SigningCurve {
  P_256("secp256r1", "SHA256withECDSA"),
  P_384("secp384r1", "SHA384withECDSA"),
  P_521("secp521r1", "SHA512withECDSA");

  private static final BigInteger THREE = BigInteger.valueOf(3);
  private static final byte[] PROBE = {1};

  private final String standardName;
  private final String algorithm;

  SigningCurve(String standardName, String algorithm) {
    this.standardName = standardName;
    this.algorithm = algorithm;
  }

  private ECParameterSpec parameters() {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec(standardName));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + standardName, e);
    }
  }

  /** The curve that a key is on, if it is one of these. */
  static Optional<SigningCurve> of(ECKey key) {
    ECParameterSpec parameters = key.getParams();
    return Arrays.stream(values()).filter(curve -> curve.has(parameters)).findFirst();
  }

  private boolean has(ECParameterSpec other) {
    ECParameterSpec own = parameters();
    return own.getCurve().equals(other.getCurve())
        && own.getGenerator().equals(other.getGenerator())
        && own.getOrder().equals(other.getOrder());
  }

  byte[] sign(ECPrivateKey key, byte[] bytes) throws GeneralSecurityException {
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(bytes);
    return signing.sign();
  }

  boolean verify(ECPublicKey key, byte[] signature, byte[] bytes) throws GeneralSecurityException {
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(key);
    verifying.update(bytes);
    return verifying.verify(signature);
  }

  /**
   * The public key of a private one. The JDK multiplies points of a curve only inside a key
   * agreement: agreeing with the curve's generator gives the public point's x, which leaves two
   * points, and a signature tells which of them it is. So no arithmetic on a private key happens
   * here, where its time could be measured.
   */
  ECPublicKey publicHalf(ECPrivateKey key) throws GeneralSecurityException {
    KeyAgreement agreement = KeyAgreement.getInstance("ECDH");
    agreement.init(key);
    agreement.doPhase(at(parameters().getGenerator()), true);
    BigInteger x = new BigInteger(1, agreement.generateSecret());
    BigInteger y = y(x);
    ECPublicKey first = at(new ECPoint(x, y));
    return verify(first, sign(key, PROBE), PROBE) ? first : at(new ECPoint(x, prime().subtract(y)));
  }

  private ECPublicKey at(ECPoint point) throws GeneralSecurityException {
    return (ECPublicKey)
        KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(point, parameters()));
  }

  /** A square root of x³ + ax + b; the primes of all three curves are 3 modulo 4. */
  private BigInteger y(BigInteger x) {
    BigInteger square =
        x.modPow(THREE, prime())
            .add(parameters().getCurve().getA().multiply(x))
            .add(parameters().getCurve().getB())
            .mod(prime());
    return square.modPow(prime().add(BigInteger.ONE).shiftRight(2), prime());
  }

  private BigInteger prime() {
    return ((ECFieldFp) parameters().getCurve().getField()).getP();
  }
}
