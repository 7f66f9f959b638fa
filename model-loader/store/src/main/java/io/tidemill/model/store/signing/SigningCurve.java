package io.tidemill.model.store.signing;

import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Arrays;
import java.util.Optional;

/** The curves of the format, each with the hash that belongs to it. */
enum SigningCurve {
  P_256("secp256r1", "SHA256withECDSA", "06082a8648ce3d030107"),
  P_384("secp384r1", "SHA384withECDSA", "06052b81040022"),
  P_521("secp521r1", "SHA512withECDSA", "06052b81040023");

  private final String standardName;
  private final String algorithm;
  private final String identifier;

  SigningCurve(String standardName, String algorithm, String identifier) {
    this.standardName = standardName;
    this.algorithm = algorithm;
    this.identifier = identifier;
  }

  /** The JDK's name of the signature algorithm. */
  String algorithm() {
    return algorithm;
  }

  /** The curve's object identifier in DER, in hexadecimal digits. */
  String identifier() {
    return identifier;
  }

  ECParameterSpec parameters() {
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
}
