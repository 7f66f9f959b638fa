package io.tidemill.model.store.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SigningKeyTest {
  private static final byte[] TEXT = "what is signed".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
  void findsThePublicHalfOfAPrivateKey(String curve) {
    for (int i = 0; i < 8; i++) {
      KeyPair pair = Keys.pair(curve);

      SigningKey key = SigningKey.of(Keys.privatePem(pair));

      assertThat(key.verificationKey()).isEqualTo(VerificationKey.of(pair.getPublic()));
      assertThat(key.verificationKey().made(key.sign(TEXT), TEXT)).isTrue();
    }
  }

  @Test
  void refusesSec1AndSaysTheWayOut() {
    Pem sec1 = Pem.of("EC PRIVATE KEY", new byte[] {1});

    assertThat(catchThrowable(() -> SigningKey.of(sec1.text())))
        .hasMessageStartingWith("EC PRIVATE KEY (expected: an EC private key on P-256")
        .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt -in KEY.pem -out PLAIN.pem");
  }

  static Stream<String> damaged() {
    String pem = Keys.privatePem();
    String body = pem.replaceAll("-----[A-Z ]+-----", "").strip();
    String secret = "c2VjcmV0IG9mIHRoZSBrZXkgdGhhdCBubyBvbmUgc2Vlcw";
    return Stream.of(
        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----".formatted(secret),
        "-----BEGIN PRIVATE KEY-----\n=%s\n-----END PRIVATE KEY-----".formatted(body),
        "-----BEGIN PRIVATE KEY-----\n%s\n".formatted(body),
        "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----".formatted(body),
        "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----".formatted(secret),
        "-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----".formatted(body),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n%s\n-----END ENCRYPTED PRIVATE KEY-----"
            .formatted(body),
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n%s\n-----END EC PRIVATE KEY-----"
            .formatted(body),
        body);
  }

  /** Not even with stack trace and causes. */
  @ParameterizedTest
  @MethodSource("damaged")
  void noFailureShowsWhatAPrivateKeyHolds(String pem) throws Exception {
    Path file = Files.writeString(folder.resolve("release.pem"), pem);

    Throwable failure = catchThrowable(() -> SigningKey.read(file));

    assertThat(failure).isInstanceOf(IllegalArgumentException.class);
    assertThat(failure).hasMessageContaining("private key '" + file + "': ");
    StringWriter all = new StringWriter();
    failure.printStackTrace(new PrintWriter(all, true));
    String body = pem.replaceAll("-----[A-Z ]+-----|Proc-Type: 4,ENCRYPTED|\\s", "");
    for (int i = 0; i + 8 <= body.length(); i++) {
      assertThat(all.toString()).doesNotContain(body.substring(i, i + 8));
    }
  }

  @Test
  void neitherTextNorSerializationShowsAPrivateKey() {
    String pem = Keys.privatePem();
    SigningKey key = SigningKey.of(pem);

    assertThat(key.toString()).isEqualTo("private half of " + key.verificationKey());
    assertThat(key).isNotInstanceOf(java.io.Serializable.class);
    assertThat(Pem.blocks(pem).get(0).toString()).isEqualTo("PRIVATE KEY block");
  }

  @Test
  void refusesAnEncryptedKeyAndSaysTheWayOut() {
    Throwable failure =
        catchThrowable(
            () ->
                SigningKey.of(
                    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----"));

    assertThat(failure)
        .hasMessageContaining("encrypted (expected: a plain EC private key)")
        .hasMessageContaining("openssl pkey -in");
  }

  @Test
  void refusesAFileThatIsNotThere() {
    assertThat(catchThrowable(() -> SigningKey.read(folder.resolve("none"))))
        .hasMessage(
            "private key '%s': cannot be read (NoSuchFileException)", folder.resolve("none"));
  }

  @Test
  void refusesAPrivateKeyWhereAPublicOneIsMeant() {
    assertThat(catchThrowable(() -> new VerificationKey(Keys.privatePem())))
        .hasMessageContaining("a private key (expected: the public one)")
        .hasMessageContaining("openssl pkey -in PRIVATE.pem -pubout");
  }

  @Test
  void aSignatureOfZerosIsNone() {
    VerificationKey key = Keys.generated("secp256r1").verificationKey();
    byte[] zeros = Base64.getDecoder().decode("MAYCAQACAQA=");

    assertThat(key.made(zeros, TEXT)).isFalse();
    assertThat(key.made(new byte[0], TEXT)).isFalse();
  }
}
