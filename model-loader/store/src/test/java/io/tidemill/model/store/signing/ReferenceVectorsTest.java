package io.tidemill.model.store.signing;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.store.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The signatures that the reference implementation publishes for its releases: {@code
 * scripts/tests/v*-elliptic-key/model.sig} and {@code scripts/tests/keys/certificate} of
 * github.com/sigstore/model-transparency (Apache-2.0). The files that they sign hold {@code
 * signme-1} with a line feed and {@code signme-2} without one.
 */
class ReferenceVectorsTest {
  private static final String FIRST =
      "bc9a717db6064a32cbe9eae6fc40651dd6d36ef1757183f590eff2b1765d7ebc";
  private static final String SECOND =
      "32dcb1f8e1ae52d5963e56a6ba06ab58b424c15ed2a6b70d2feca1d089370028";

  private static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(ReferenceVectorsTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static VerificationKey key() throws IOException {
    return new VerificationKey(resource("signing-key-pub.pem"));
  }

  private static Bundle bundle(String release) throws IOException {
    return Bundle.read(resource(release + ".sigstore.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1.0.1", "v1.1.0"})
  void verifiesAFolder(String release) throws IOException {
    Bundle bundle = bundle(release);
    Statement statement = Statement.read(bundle.payload());

    assertThat(bundle.madeBy(key())).isTrue();
    assertThat(statement.subject()).isEqualTo(release + "-elliptic-key");
    assertThat(
            statement.differences(
                List.of(new ModelFile("signme-1", 9, FIRST), new ModelFile("signme-2", 8, SECOND))))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"v0.3.1", "v1.0.0"})
  void verifiesASingleFileWhoseNameIsADot(String release) throws IOException {
    Bundle bundle = bundle(release);

    assertThat(bundle.madeBy(key())).isTrue();
    assertThat(Statement.read(bundle.payload()).resources()).containsEntry(".", FIRST).hasSize(1);
  }

  @Test
  void namesTheKeyAsTheReferenceDoes() throws IOException {
    assertThat(bundle("v1.1.0").hint()).contains(key().fingerprint());
  }

  @ParameterizedTest
  @CsvSource({"v1.0.0", "v1.0.1", "v1.1.0"})
  void anotherKeyDidNotMakeThem(String release) throws IOException {
    assertThat(bundle(release).madeBy(Keys.generated("secp384r1").verificationKey())).isFalse();
  }

  @Test
  void aChangedFileAnExtraOneAndAMissingOneAreNamed() throws IOException {
    Statement statement = Statement.read(bundle("v1.1.0").payload());

    assertThat(
            statement.differences(
                List.of(new ModelFile("signme-1", 9, SECOND), new ModelFile("more", 8, SECOND))))
        .containsExactly(
            "file 'signme-1': sha256 %s (expected: %s, as signed)".formatted(SECOND, FIRST),
            "file 'more': not signed",
            "file 'signme-2': signed but not there");
  }
}
