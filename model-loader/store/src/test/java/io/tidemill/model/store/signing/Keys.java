package io.tidemill.model.store.signing;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;

/** Keys for tests, made anew each time. */
public final class Keys {
  private Keys() {}

  static KeyPair pair(String curve) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** PKCS#8, as a user's file has it. */
  public static String privatePem(KeyPair pair) {
    return Pem.of("PRIVATE KEY", pair.getPrivate().getEncoded()).text();
  }

  /** A key on {@code secp256r1}, {@code secp384r1} or {@code secp521r1}. */
  public static SigningKey generated(String curve) {
    return SigningKey.of(privatePem(pair(curve)));
  }

  /** PKCS#8 on P-256, as a user's file has it. */
  public static String privatePem() {
    return privatePem(pair("secp256r1"));
  }
}
