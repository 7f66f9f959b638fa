package io.tidemill.model.store.signing;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * PEM to private key: PKCS#8 and SEC 1. Exceptions carry no cause here, because the JDK's own may
 * repeat bytes of a key.
 */
final class PrivateKeyReader {
  private static final String PKCS_8 = "PRIVATE KEY";
  private static final String SEC_1 = "EC PRIVATE KEY";
  private static final String PARAMETERS = "EC PARAMETERS";
  private static final byte[] EC_PUBLIC_KEY = HexFormat.of().parseHex("06072a8648ce3d0201");

  /** The parameters of a SEC 1 key: context tag 0, constructed. */
  private static final int SEC_1_PARAMETERS = 0xa0;

  private PrivateKeyReader() {}

  static ECPrivateKey read(String text) {
    List<Pem.Block> blocks = Pem.blocks(text);
    Pem.Block block =
        blocks.stream()
            .filter(there -> there.type().endsWith(PKCS_8))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "no PEM block 'PRIVATE KEY' or 'EC PRIVATE KEY' (expected: an EC private key)"));
    if (block.type().equals("ENCRYPTED PRIVATE KEY") || block.body().contains("ENCRYPTED")) {
      throw new IllegalArgumentException(
          "encrypted (expected: a plain EC private key); decrypt it into a file that only you can read, with 'openssl pkey -in ENCRYPTED.pem -out PLAIN.pem'");
    }
    return switch (block.type()) {
      case PKCS_8 -> decode(block.bytes());
      case SEC_1 -> decode(pkcs8(block.bytes(), parameters(blocks)));
      default ->
          throw new IllegalArgumentException(
              "a " + block.type() + " (expected: an EC private key on P-256, P-384 or P-521)");
    };
  }

  private static Optional<byte[]> parameters(List<Pem.Block> blocks) {
    return blocks.stream()
        .filter(block -> block.type().equals(PARAMETERS))
        .findFirst()
        .map(Pem.Block::bytes);
  }

  /** A SEC 1 key says its curve inside itself or in a block before it; PKCS#8 says it outside. */
  private static byte[] pkcs8(byte[] sec1, Optional<byte[]> parameters) {
    List<Der.Element> root = Der.elements(sec1);
    List<Der.Element> parts = root.size() == 1 ? Der.elements(root.get(0).content()) : List.of();
    byte[] curve =
        parts.stream()
            .filter(part -> part.tag() == SEC_1_PARAMETERS)
            .map(Der.Element::content)
            .findFirst()
            .or(() -> parameters)
            .orElseThrow(() -> notSupported());
    String identifier = HexFormat.of().formatHex(curve);
    if (Arrays.stream(SigningCurve.values())
        .noneMatch(known -> known.identifier().equals(identifier))) {
      throw notSupported();
    }
    return Der.write(
        Der.SEQUENCE,
        Der.write(Der.INTEGER, new byte[1]),
        Der.write(Der.SEQUENCE, EC_PUBLIC_KEY, curve),
        Der.write(Der.OCTET_STRING, sec1));
  }

  private static ECPrivateKey decode(byte[] pkcs8) {
    try {
      PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      if (key instanceof ECPrivateKey elliptic && SigningCurve.of(elliptic).isPresent()) {
        return elliptic;
      }
    } catch (GeneralSecurityException e) {
      throw notSupported();
    }
    throw notSupported();
  }

  private static IllegalArgumentException notSupported() {
    return new IllegalArgumentException(
        "not an EC private key on a supported curve (expected: P-256, P-384 or P-521, as PKCS#8 or SEC 1)");
  }
}
