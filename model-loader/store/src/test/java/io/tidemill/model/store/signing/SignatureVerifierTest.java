package io.tidemill.model.store.signing;

import static io.tidemill.model.store.Drafts.draft;
import static io.tidemill.model.store.Drafts.files;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.InMemoryBackend;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureVerifierTest {
  @TempDir Path folder;
  private final SigningKey key = Keys.generated("secp256r1");
  private final SignatureVerifier verifier = new SignatureVerifier(List.of(key.verificationKey()));

  private ModelManifest manifest(String version, String content) {
    return new InMemoryBackend().store().push(draft("fraud", version), files(folder, content));
  }

  @ParameterizedTest
  @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
  void namesTheTrustedKeyThatSigned(String curve) {
    ModelManifest manifest = manifest("1.4.2", "a");
    SigningKey other = Keys.generated(curve);

    DetachedSignature signature = other.sign(manifest);

    assertThat(
            new SignatureVerifier(List.of(key.verificationKey(), other.verificationKey()))
                .verify(manifest, List.of(signature)))
        .isEqualTo(other.verificationKey());
  }

  @Test
  void writesWhatTheFormatSays() throws IOException {
    ModelManifest manifest = manifest("1.4.2", "a");

    JsonNode bundle = Json.MAPPER.readTree(key.sign(manifest).bundle());
    JsonNode statement =
        Json.MAPPER.readTree(
            Base64.getDecoder().decode(bundle.at("/dsseEnvelope/payload").textValue()));

    assertThat(bundle.at("/mediaType").textValue())
        .isEqualTo("application/vnd.dev.sigstore.bundle.v0.3+json");
    assertThat(bundle.at("/verificationMaterial/publicKey/hint").textValue())
        .isEqualTo(key.verificationKey().fingerprint());
    assertThat(statement.at("/subject")).hasSize(1);
    assertThat(statement.at("/predicate/serialization").toString())
        .isEqualTo(
            "{\"method\":\"files\",\"hash_type\":\"sha256\",\"allow_symlinks\":false,\"ignore_paths\":[]}");
    assertThat(statement.at("/predicate/resources"))
        .extracting(resource -> resource.get("name").textValue())
        .containsExactly("saved_model.pb", "variables/variables.data");
  }

  @Test
  void sortsFilesNameByName() throws IOException {
    Path model = Files.createDirectories(folder.resolve("sorted"));
    for (String file : List.of("a/z", "a-b", "B")) {
      Path path = model.resolve(file);
      Files.createDirectories(path.resolve(".."));
      Files.writeString(path, file);
    }

    ModelManifest manifest = new InMemoryBackend().store().push(draft("fraud", "1.0.0"), model);

    assertThat(Statement.of(manifest).resources().keySet()).containsExactly("B", "a/z", "a-b");
  }

  @Test
  void refusesAVersionWithoutSignature() {
    ModelManifest manifest = manifest("1.4.2", "a");

    assertThatThrownBy(() -> verifier.verify(manifest, List.of()))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "fraud:1.4.2: not signed (expected: a good signature of key %s); have it signed with such a key",
            key.verificationKey().fingerprint());
  }

  @Test
  void refusesAVersionThatAnotherKeySigned() {
    ModelManifest manifest = manifest("1.4.2", "a");
    SigningKey stranger = Keys.generated("secp256r1");
    DetachedSignature signature = stranger.sign(manifest);

    assertThatThrownBy(() -> verifier.verify(manifest, List.of(signature)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "signature of key %s: made by no key that is trusted",
            stranger.verificationKey().fingerprint());
  }

  @Test
  void aStrangersSignatureDoesNotHideAGoodOne() {
    ModelManifest manifest = manifest("1.4.2", "a");
    List<DetachedSignature> signatures =
        List.of(
            new DetachedSignature("0".repeat(64), "no bundle"),
            Keys.generated("secp256r1").sign(manifest),
            key.sign(manifest));

    assertThat(verifier.verify(manifest, signatures)).isEqualTo(key.verificationKey());
  }

  @Test
  void namesTheFileThatIsNotAsSigned() {
    DetachedSignature signature = key.sign(manifest("1.4.2", "a"));
    ModelManifest changed = manifest("1.4.2", "b");

    assertThatThrownBy(() -> verifier.verify(changed, List.of(signature)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("file 'saved_model.pb': sha256 ")
        .hasMessageContaining("as signed");
  }

  @Test
  void refusesAnotherVersionWithTheSameFiles() {
    DetachedSignature signature = key.sign(manifest("1.4.2", "a"));
    ModelManifest later = manifest("1.4.3", "a");

    assertThatThrownBy(() -> verifier.verify(later, List.of(signature)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("made for fraud:1.4.2 (expected: fraud:1.4.3)");
  }

  @Test
  void refusesAnotherEngineForTheSameFiles() {
    ModelManifest signed = manifest("1.4.2", "a");
    ModelDraft other =
        new ModelDraft("fraud", signed.version(), "other", signed.signature(), Map.of());
    ModelManifest changed = new InMemoryBackend().store().push(other, files(folder, "a"));
    DetachedSignature signature = key.sign(signed);

    assertThatThrownBy(() -> verifier.verify(changed, List.of(signature)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("digest " + changed.digest() + " (expected: " + signed.digest());
  }

  @Test
  void refusesAStatementThatWasChangedAfterItWasSigned() throws IOException {
    ModelManifest signed = manifest("1.4.2", "a");
    ModelManifest changed = manifest("1.4.2", "b");
    DetachedSignature signature = key.sign(signed);
    ObjectNode bundle = (ObjectNode) Json.MAPPER.readTree(signature.bundle());
    ((ObjectNode) bundle.get("dsseEnvelope"))
        .put("payload", Base64.getEncoder().encodeToString(Statement.of(changed).write()));
    DetachedSignature forged = new DetachedSignature(signature.fingerprint(), bundle.toString());

    assertThatThrownBy(() -> verifier.verify(changed, List.of(forged)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("made by no key that is trusted, or changed since");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/mediaType",
        "/dsseEnvelope/payloadType",
        "/dsseEnvelope/signatures/0/sig",
        "/dsseEnvelope/payload"
      })
  void namesThePartOfABundleThatIsNotAsTheFormatSays(String pointer) throws IOException {
    ModelManifest manifest = manifest("1.4.2", "a");
    DetachedSignature good = key.sign(manifest);
    JsonNode bundle = Json.MAPPER.readTree(good.bundle());
    int slash = pointer.lastIndexOf('/');
    ((ObjectNode) bundle.at(pointer.substring(0, slash))).put(pointer.substring(slash + 1), 1);

    assertThatThrownBy(
            () ->
                verifier.verify(
                    manifest,
                    List.of(new DetachedSignature(good.fingerprint(), bundle.toString()))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(pointer.replace("/dsseEnvelope/signatures/0", "") + ": a NUMBER");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://in-toto.io/Statement/v1",
        "https://model_signing/signature/v1.0",
        "\"files\"",
        "\"sha256\":\"",
      })
  void refusesAStatementOfAnotherForm(String part) {
    String statement =
        new String(Statement.of(manifest("1.4.2", "a")).write(), StandardCharsets.UTF_8);

    assertThatThrownBy(
            () ->
                Statement.read(
                    statement
                        .replace(part, part.replaceFirst("[a-z]", "x"))
                        .getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(InvalidModelException.class);
  }
}
