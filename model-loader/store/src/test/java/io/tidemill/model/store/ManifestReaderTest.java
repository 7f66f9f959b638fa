package io.tidemill.model.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Constant;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestReaderTest {
  private static final ModelManifest MANIFEST =
      ModelManifest.of(
          new ModelDraft(
              "fraud",
              SemanticVersion.parse("1.4.2"),
              "tensorflow",
              new Signature(
                  List.of(
                      TensorSpec.of("features", ElementType.FLOAT32, -1, 32),
                      TensorSpec.of("country", ElementType.STRING, -1)),
                  List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1))),
              Map.of("training-run", "42", "note", "first: with 'quotes' and # marks")),
          Instant.parse("2026-11-01T12:00:00Z"),
          List.of(
              new ModelFile("variables/variables.data", 7, "b".repeat(64)),
              new ModelFile("saved_model.pb", 9, "a".repeat(64))));

  private static ModelManifest read(String text) {
    return ModelManifest.parse("model.yaml", text);
  }

  private static String written() {
    return MANIFEST.yaml();
  }

  @Test
  void readsWhatItWrote() {
    assertThat(read(written())).isEqualTo(MANIFEST);
  }

  @Test
  void provesWhichSignatureIsServed() {
    Signature plus2 = MANIFEST.signature().of("plus2", "tensorflow/serving/predict");
    ModelManifest named =
        ModelManifest.of(
            new ModelDraft("fraud", MANIFEST.version(), "tensorflow", plus2, MANIFEST.labels()),
            MANIFEST.created(),
            MANIFEST.files());

    assertThat(read(named.yaml())).isEqualTo(named);
    assertThat(named.digest()).isNotEqualTo(MANIFEST.digest());
    for (String part : List.of("plus2", "serving/predict")) {
      assertThatThrownBy(() -> read(named.yaml().replace(part, "other")))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("digest of fraud:1.4.2");
    }
  }

  @Test
  void provesRowsOfACallAndConstants() {
    Signature calls =
        MANIFEST
            .signature()
            .inBatchesOf(4)
            .with(
                List.of(
                    new Constant("rates", ElementType.FLOAT32, List.of(2L), List.of("0.5", "1e3")),
                    new Constant("mode", ElementType.STRING, List.of(), List.of("'a': #b"))));
    ModelManifest called =
        ModelManifest.of(
            new ModelDraft("fraud", MANIFEST.version(), "tensorflow", calls, MANIFEST.labels()),
            MANIFEST.created(),
            MANIFEST.files());

    assertThat(read(called.yaml())).isEqualTo(called);
    for (String change : List.of("batch: 4=batch: 8", "1e3=1e4", "rates=notes")) {
      String[] sides = change.split("=", -1);
      assertThatThrownBy(() -> read(called.yaml().replace(sides[0], sides[1])))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("digest of fraud:1.4.2");
    }
    assertThatThrownBy(() -> read(called.yaml().replace("batch: 4", "batch: many")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("batch: 'many' (expected: a whole number)");
    assertThatThrownBy(() -> read(called.yaml().replace("batch: 4", "batch: 99999999999")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("signature's batch: 2147483647 (expected: 1 to 65536");
  }

  @Test
  void writesTheFormThatIsDocumented() {
    assertThat(written())
        .startsWith(
            """
            format: 2
            name: fraud
            version: 1.4.2
            engine: tensorflow
            digest: sha256:""")
        .contains("training-run: '42'")
        .contains("- path: saved_model.pb\n  size: 9\n  sha256: " + "a".repeat(64));
  }

  private static final String FORMAT_1 =
      """
      format: 1
      name: fraud
      version: 1.4.2
      engine: onnx
      digest: sha256:%s
      created: 2026-11-01T12:00:00Z
      labels:
        training-run: '42'
      signature:
        inputs:
        - name: features
          type: float32
          shape:
          - -1
          - 32
        outputs:
        - name: score
          type: float32
          shape:
          - -1
      files:
      - path: model.onnx
        size: 9
        sha256: %s
      """
          .formatted(
              DigestUtils.sha256Hex(
                  """
                  tidemill-model 1
                  engine onnx
                  input features float32 -1,32
                  output score float32 -1
                  model.onnx 9 %s
                  """
                      .formatted("a".repeat(64))
                      .replace(' ', '\0')),
              "a".repeat(64));

  @Test
  void aManifestOfTheFirstFormatIsReadAndItsBytesStay() {
    assertThat(read(FORMAT_1).yaml()).isEqualTo(FORMAT_1);
  }

  @Test
  void nothingProvedTheLabelsOfTheFirstFormat() {
    assertThat(read(FORMAT_1.replace("'42'", "'43'")).labels()).containsEntry("training-run", "43");
  }

  @ParameterizedTest
  @CsvSource({
    "training-run: '42', training-run: '43'",
    "12:00:00Z, 12:00:01Z",
    "format: 2, format: 1",
  })
  void labelsAndTimeAreProvedLikeTheRest(String published, String changed) {
    assertThat(written()).contains(published);

    assertThatThrownBy(() -> read(written().replace(published, changed)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("digest of fraud:1.4.2: " + MANIFEST.digest() + " (expected: sha256:")
        .hasMessageContaining("the manifest was changed after it was published");
  }

  @Test
  void aTextThatIsTooDeepIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> read("name: " + "[".repeat(100_000)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("model.yaml:1:38: too deep (expected: at most 32 levels)");
  }

  @Test
  void theDigestIsThatOfTheDocumentedText() throws Exception {
    String text =
        """
        tidemill-model 2
        engine tensorflow
        created 2026-11-01T12:00:00Z
        label 4 note 32 first:~with~'quotes'~and~#~marks
        label 12 training-run 2 42
        input features float32 -1,32
        input country string -1
        output score float32 -1,1
        saved_model.pb 9 %s
        variables/variables.data 7 %s
        """
            .formatted("a".repeat(64), "b".repeat(64))
            .replace(' ', '\0')
            .replace('~', ' ');
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));

    assertThat(MANIFEST.digest()).isEqualTo("sha256:" + HexFormat.of().formatHex(hash));
  }

  @Test
  void anUnknownKeyIsRefusedWithItsPlaceAndWhatWasMeant() {
    assertThatThrownBy(() -> read(written().replace("engine:", "engin:")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "model.yaml:4:1: unknown key 'engin' of the manifest (did you mean 'engine'? allowed: format, name, version, engine, digest, created, labels, signature, files)");
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    String text =
        written()
            .replace("format: 2", "format: 3")
            .replace("version: 1.4.2", "version: 1.4")
            .replace("type: string", "type: text")
            .replace("size: 9", "size: nine");

    assertThatThrownBy(() -> read(text))
        .hasMessageContaining("model.yaml:1:9: format: 3 (expected: 2)")
        .hasMessageContaining("model.yaml:3:10: version: '1.4' (expected: major.minor.patch")
        .hasMessageContaining("type: 'text' (expected: float32, float64, float16, bfloat16, int8")
        .hasMessageContaining("size: 'nine' (expected: a whole number)")
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(4));
  }

  @Test
  void aMissingKeyIsNamed() {
    assertThatThrownBy(() -> read(written().replace("created: 2026-11-01T12:00:00Z\n", "")))
        .hasMessage("model.yaml:1:1: key 'created' of the manifest: missing");
  }

  @Test
  void aKeyThatStandsTwiceIsRefused() {
    assertThatThrownBy(() -> read("name: fraud\n" + written()))
        .hasMessage("model.yaml:3:1: key 'name' of the manifest twice");
  }

  @Test
  void aShapeThatIsNoListIsRefused() {
    assertThatThrownBy(() -> read(written().replace("shape:\n    - -1\n    - 32", "shape: 32")))
        .hasMessageContaining("'shape' of tensor (expected: a list)");
  }

  @Test
  void textThatIsNotYamlIsRefusedWithItsPlace() {
    assertThatThrownBy(() -> read("name: [fraud"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("model.yaml:1:13: not YAML: ");
  }

  @Test
  void anEmptyTextIsRefused() {
    assertThatThrownBy(() -> read(""))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage("model.yaml: empty (expected: the manifest)");
  }

  @Test
  void aListInPlaceOfTheManifestIsRefused() {
    assertThatThrownBy(() -> read("- fraud"))
        .hasMessageContaining("model.yaml:1:1: the manifest (expected: keys and values)");
  }

  @Test
  void aTypeThatTheDocumentNamesMakesNoObject() {
    assertThatThrownBy(() -> read("!!javax.script.ScriptEngineManager [x]"))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("(expected: keys and values)");
  }

  @Test
  void aPathThatIsAFileAndAFolderIsRefused() {
    assertThatThrownBy(() -> read(written().replace("saved_model.pb", "variables")))
        .hasMessageContaining("'variables' is a file and a folder (expected: one of them)");
  }

  @Test
  void aPathThatStandsTwiceIsRefused() {
    assertThatThrownBy(() -> read(written().replace("saved_model.pb", "variables/variables.data")))
        .hasMessageContaining("'variables/variables.data' twice (expected: distinct paths)");
  }
}
