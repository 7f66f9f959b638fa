package io.tidemill.model.importing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.FoundModel;
import io.tidemill.model.engine.LoadingEngine;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.golden.Sample;
import io.tidemill.model.golden.Samples;
import io.tidemill.model.importing.archive.ArchiveLimits;
import io.tidemill.model.importing.archive.Archives;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;

class ModelImportTest {
  private static final Signature FOUR_TO_ONE =
      new Signature(
          List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 4)),
          List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)));
  private static final String BOOSTER = "{\"learner\":{\"attributes\":{}}}";

  @TempDir Path directory;

  private static final Engines ENGINES =
      Engines.of(
          Engines.here().all().stream()
              .map(engine -> engine.name().matches("tensorflow|pytorch") ? engine : fake(engine))
              .toList());

  private static Engine fake(Engine engine) {
    return new FakeSignature(engine);
  }

  /** Knows its files as the engine does, and says the same signature of any of them. */
  private record FakeSignature(Engine engine) implements Engine {
    @Override
    public String name() {
      return engine.name();
    }

    @Override
    public String sought() {
      return engine.sought();
    }

    @Override
    public Optional<FoundModel> detect(Path path) throws IOException {
      return engine.detect(path);
    }

    @Override
    public Optional<Signature> signature(Path files) {
      return Optional.of(FOUR_TO_ONE);
    }

    @Override
    public List<String> check(Path files, Signature given) {
      return given.equals(FOUR_TO_ONE) ? List.of() : List.of("it is another");
    }

    @Override
    public List<Map<String, Object>> samples(Path files, Signature served) {
      return engine.samples(files, served);
    }

    @Override
    public Model load(ModelVersion version, Signature signature, Path files, Placement placement) {
      throw new UnsupportedOperationException("an engine for tests");
    }
  }

  private static DetectedModel detect(Path path, ImportOptions options) {
    try (ModelImport imported = ModelImport.open(path, options, ENGINES)) {
      return imported.model();
    }
  }

  private static DetectedModel detect(Path path) {
    return detect(path, ImportOptions.NONE);
  }

  private static ImportOptions numbered(long number) {
    return new ImportOptions(null, null, null, number, Map.of(), ArchiveLimits.DEFAULT);
  }

  private static ImportOptions signed(Signature signature) {
    return new ImportOptions(null, signature, null, null, Map.of(), ArchiveLimits.DEFAULT);
  }

  private static ImportOptions named(String signature) {
    return new ImportOptions(null, null, signature, null, Map.of(), ArchiveLimits.DEFAULT);
  }

  private Path file(String path, String content) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content, StandardCharsets.ISO_8859_1);
  }

  private Path savedModel(String folder, String... signatures) throws IOException {
    MetaGraphDef.Builder graph = MetaGraphDef.newBuilder();
    graph.getMetaInfoDefBuilder().addTags("serve");
    for (String signature : signatures) {
      graph.putSignatureDef(
          signature,
          SignatureDef.newBuilder()
              .putInputs("features", tensor(-1, 4))
              .putOutputs(signature.equals("embed") ? "vector" : "score", tensor(-1, 1))
              .build());
    }
    Path target = Files.createDirectories(directory.resolve(folder));
    Files.write(
        target.resolve("saved_model.pb"),
        SavedModel.newBuilder().addMetaGraphs(graph).build().toByteArray());
    return target;
  }

  private static TensorInfo tensor(long... shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      sizes.addDim(TensorShapeProto.Dim.newBuilder().setSize(size));
    }
    return TensorInfo.newBuilder()
        .setName("place:0")
        .setDtype(DataType.DT_FLOAT)
        .setTensorShape(sizes)
        .build();
  }

  private Path torchScript(String path) throws IOException {
    Path file = directory.resolve(path);
    Files.createDirectories(file.getParent());
    return Archives.zip(
        file,
        zip -> {
          Archives.put(zip, "m/data.pkl", new byte[] {1});
          Archives.put(zip, "m/code/__torch__.py", new byte[] {1});
          Archives.put(zip, "m/constants.pkl", new byte[] {1});
        });
  }

  @Test
  void readsASavedModelWhateverItsSignatureIsCalled() throws IOException {
    Path folder = savedModel("saved", "predict_it");

    DetectedModel model = detect(folder);

    assertThat(model.format()).isEqualTo("TensorFlow SavedModel");
    assertThat(model.engine()).isEqualTo("tensorflow");
    assertThat(model.signature()).isEqualTo(FOUR_TO_ONE);
    assertThat(model.files()).isEqualTo(folder);
    assertThat(model.version()).isNull();
  }

  @Test
  void readsTheSignatureOfASavedModelThatIsAskedFor() throws IOException {
    Path folder = savedModel("saved", "serving_default", "embed");

    assertThat(detect(folder, named("embed")).signature().outputs().get(0).name())
        .isEqualTo("vector");
    assertThatThrownBy(() -> detect(folder, named("embedd")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no signature 'embedd' (expected: one of [embed, serving_default])");
  }

  @Test
  void readsTheHighestVersionOfAServingBasePathOrTheOneAskedFor() throws IOException {
    savedModel("fraud/9", "serving_default");
    savedModel("fraud/10", "serving_default");
    Path base = directory.resolve("fraud");

    DetectedModel highest = detect(base);
    DetectedModel asked = detect(base, numbered(9));

    assertThat(highest.version()).isEqualTo(SemanticVersion.parse("10.0.0"));
    assertThat(highest.name()).isEqualTo("fraud");
    assertThat(highest.files()).isEqualTo(base.resolve("10"));
    assertThat(asked.version()).isEqualTo(SemanticVersion.parse("9.0.0"));
    assertThatThrownBy(() -> detect(base, numbered(8)))
        .hasMessageContaining("no version 8 (expected: one of [9, 10])");
  }

  @ParameterizedTest
  @CsvSource({
    "00000123, 123.0.0",
    "1538687457, 1538687457.0.0",
    "20240131093000, 20240131093000.0.0"
  })
  void readsNumberedFoldersAsTheyAre(String folder, String version) throws IOException {
    savedModel("fraud/" + folder, "serving_default");
    savedModel("fraud/7", "serving_default");

    DetectedModel model = detect(directory.resolve("fraud"));

    assertThat(model.version()).isEqualTo(SemanticVersion.parse(version));
    assertThat(model.files()).isEqualTo(directory.resolve("fraud/" + folder));
  }

  @Test
  void refusesTwoFoldersOfOneNumber() throws IOException {
    savedModel("fraud/7", "serving_default");
    savedModel("fraud/007", "serving_default");

    assertThatThrownBy(() -> detect(directory.resolve("fraud")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("folders 007 and 7 are the same number (expected: one of them)");
  }

  @Test
  void readsATritonConfigurationThatWasSavedOnWindows() throws IOException {
    savedModel("fraud/01/model.savedmodel", "serving_default");
    Files.writeString(
        directory.resolve("fraud/config.pbtxt"),
        "\uFEFF# made by hand\r\nname: \"cards\"\r\nplatform: \"tensorflow_savedmodel\"\r\n");

    DetectedModel model = detect(directory.resolve("fraud"));

    assertThat(model.name()).isEqualTo("cards");
    assertThat(model.version()).isEqualTo(SemanticVersion.parse("1.0.0"));
  }

  @Test
  void refusesAnMlflowModelThatIsTooDeep() throws IOException {
    file("m/MLmodel", "flavors: " + "[".repeat(100_000));

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(directory.resolve("m/MLmodel") + ": ")
        .hasMessageContaining("more than 32 deep");
  }

  @Test
  void takesTheGoldenFileBesideAModelAlongAndNamesTheRest() throws IOException {
    Path model = file("b/booster.json", BOOSTER);
    file("b/golden.arrow", "ARROW1");
    file("b/notes.md", "to do");

    try (ModelImport folder =
            ModelImport.open(directory.resolve("b"), ImportOptions.NONE, ENGINES);
        ModelImport alone = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
      assertThat(folder.model().files().toFile().list())
          .containsExactlyInAnyOrder("booster.json", "golden.arrow");
      assertThat(folder.leftOut()).containsExactly("notes.md");
      assertThat(alone.model().files()).isEqualTo(model);
      assertThat(alone.leftOut()).isEmpty();
    }
  }

  @Test
  void readsAnArchiveThatWasPackedOnAMac() throws IOException {
    byte[] pb =
        Files.readAllBytes(savedModel("saved", "serving_default").resolve("saved_model.pb"));
    Path archive =
        Archives.zip(
            directory.resolve("m.zip"),
            zip -> {
              Archives.put(zip, "fraud/saved_model.pb", pb);
              Archives.put(zip, "fraud/.DS_Store", new byte[] {1});
              Archives.put(zip, "fraud/._saved_model.pb", new byte[] {1});
              Archives.put(zip, "__MACOSX/fraud/._saved_model.pb", new byte[] {1});
            });

    try (ModelImport imported = ModelImport.open(archive, ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files().toFile().list()).containsExactly("saved_model.pb");
      assertThat(imported.leftOut()).containsExactly(".DS_Store", "._saved_model.pb");
    }
  }

  @ParameterizedTest
  @CsvSource({"onnx, model.onnx", "xgboost, model.json"})
  void takesTheFileBesideWhatAMacWroteForIt(String engine, String name) throws IOException {
    String content = engine.equals("onnx") ? "\u0008\u0007" : BOOSTER;
    file("a/" + name, content);
    file("a/._" + name, content);

    try (ModelImport imported =
        ModelImport.open(directory.resolve("a"), ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().engine()).isEqualTo(engine);
      assertThat(imported.leftOut()).containsExactly("._" + name);
    }
  }

  @Test
  void readsAModelOfATritonRepository() throws IOException {
    savedModel("repo/fraud/3/model.savedmodel", "serving_default");
    file(
        "repo/fraud/config.pbtxt",
        """
        # A comment: { is not read.
        name: "fraud"
        platform: "tensorflow_savedmodel"
        max_batch_size: 64
        input [ { name: "features" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output { name: 'score', data_type: TYPE_FP32, dims: 1 }
        dynamic_batching { }
        """);

    DetectedModel model = detect(directory.resolve("repo"));

    assertThat(model.name()).isEqualTo("fraud");
    assertThat(model.version()).isEqualTo(SemanticVersion.parse("3.0.0"));
    assertThat(model.signature()).isEqualTo(FOUR_TO_ONE);
    assertThat(model.files()).isEqualTo(directory.resolve("repo/fraud/3/model.savedmodel"));
  }

  @Test
  void takesTheCallsThatTensorFlowServingWarmsUpWithAsSamples() throws IOException {
    Path model = savedModel("model", "serving_default");
    byte[] memory = {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0};
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_FLOAT)
            .setTensorContent(ByteString.copyFrom(memory));
    tensor.getTensorShapeBuilder().addDimBuilder().setSize(1);
    tensor.getTensorShapeBuilder().addDimBuilder().setSize(4);
    ByteString entry =
        field(1, ByteString.copyFromUtf8("features"))
            .concat(field(2, tensor.build().toByteString()));
    Path file = Files.createDirectories(model.resolve("assets.extra"));
    Path requests = file.resolve("tf_serving_warmup_requests");
    Files.write(requests, record(field(6, field(1, field(2, entry))).toByteArray()));

    try (ModelImport imported = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
      assertThat(features(imported.model())).containsExactly(1f, 2f, 0f, 0f);
      assertThat(imported.model().files().resolve("saved_model.pb")).exists();
    }

    Files.write(requests, new byte[] {1, 2, 3});
    try (ModelImport imported = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files()).isEqualTo(model);
      assertThat(imported.leftOut())
          .singleElement()
          .asString()
          .startsWith("calls in the files (" + requests + ": ends early");
    }
  }

  private static ByteString field(int number, ByteString content) {
    UnknownFieldSet.Field value =
        UnknownFieldSet.Field.newBuilder().addLengthDelimited(content).build();
    return UnknownFieldSet.newBuilder().addField(number, value).build().toByteString();
  }

  /** As TFRecord has it. */
  private static byte[] record(byte[] content) {
    byte[] length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(content.length).array();
    ByteBuffer record = ByteBuffer.allocate(content.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    return record.put(length).putInt(masked(length)).put(content).putInt(masked(content)).array();
  }

  private static int masked(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return Integer.rotateRight((int) checksum.getValue(), 15) + 0xa282ead8;
  }

  /** Of the first sample. */
  private static float[] features(DetectedModel model) {
    Sample sample = Samples.in(model.files(), model.signature()).orElseThrow();
    float[] features = new float[4];
    try (BufferAllocator memory = ColumnMemory.child("samples", 1 << 20);
        ColumnBatch batch = sample.of(1, memory)) {
      batch.fixedWidth(0).getFloats(0, features, 0, 4);
    }
    return features;
  }

  @Test
  void takesTheCallsThatTritonWarmsUpWithAsSamples() throws IOException {
    savedModel("models/fraud/1/model.savedmodel", "serving_default");
    file("models/fraud/warmup/first", "\0\0\u0080?\0\0\0@\0\0\0\0\0\0\0\0");
    String config =
        """
        backend: "tensorflow"
        max_batch_size: 8
        input { name: "features" data_type: TYPE_FP32 dims: [4] }
        output { name: "score" data_type: TYPE_FP32 dims: [1] }
        model_warmup [
          { name: "random" batch_size: 1
            inputs { key: "features" value { data_type: TYPE_FP32 dims: [4] random_data: true } } },
          { name: "own" batch_size: 1
            inputs { key: "features" value { data_type: TYPE_FP32 dims: [4] input_data_file: "first" } } },
          { name: "zeros" batch_size: 1
            inputs { key: "features" value { data_type: TYPE_FP32 dims: [4] zero_data: true } } }
        ]
        """;
    Path model = file("models/fraud/config.pbtxt", config).resolveSibling("");

    try (ModelImport imported = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
      assertThat(features(imported.model())).containsExactly(1f, 2f, 0f, 0f);
    }

    file("secret", "0123456789abcdef");
    Files.createSymbolicLink(
        directory.resolve("models/fraud/warmup/link"), directory.resolve("secret"));
    for (String file : List.of("../../../secret", "link", ".", "absent", "\0")) {
      file("models/fraud/config.pbtxt", config.replace("first", file));
      try (ModelImport imported = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
        assertThat(imported.model().files()).isEqualTo(model.resolve("1/model.savedmodel"));
        assertThat(imported.leftOut()).singleElement().asString().startsWith("model_warmup (");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "inputs { key: 'features' value { zero_data: true dims: [9223372036854775807, 9] } }",
        "inputs { key: 'features' value { zero_data: true dims: [1048577] } }",
        "inputs { key: 'features' value { zero_data: true dims: [-4] } }",
        "inputs { key: 'features' value { zero_data: true dims: [four] } }",
        "inputs { key: 'features' value { zero_data: true dims: [4] data_type: TYPE_INT32 } }",
        "inputs { key: 'features' value: 7 }",
        "inputs { key: 'features' value: [] }",
        "inputs { key: 'features' }",
        "inputs { key: [] }",
      })
  void leavesOutWarmUpsOfTritonThatMakeNoSense(String warmup) throws IOException {
    savedModel("fraud/1/model.savedmodel", "serving_default");
    String config =
        """
        backend: "tensorflow"
        version_policy: []
        model_warmup { name: "w" batch_size: 1 %s }
        """;
    Path model = file("fraud/config.pbtxt", config.formatted(warmup)).resolveSibling("");

    try (ModelImport imported = ModelImport.open(model, ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files()).isEqualTo(model.resolve("1/model.savedmodel"));
      assertThat(imported.leftOut()).singleElement().asString().startsWith("model_warmup (");
    }
  }

  @Test
  void takesTheTestDataOfAnOnnxFileThatIsNamedAndGathered() throws IOException {
    Path folder = directory.resolve("o");
    OnnxModels.mlpWithWeightsBeside(folder, 4);
    Files.createDirectories(folder.resolve("test_data_set_0"));
    Files.write(
        folder.resolve("test_data_set_0/input_0.pb"),
        OnnxMl.TensorProto.newBuilder()
            .setDataType(OnnxMl.TensorProto.DataType.FLOAT_VALUE)
            .addAllDims(List.of(1L, 4L))
            .addAllFloatData(List.of(1f, 2f, 3f, 4f))
            .build()
            .toByteArray());

    for (Path pushed : List.of(folder, folder.resolve(OnnxModels.FILE))) {
      try (ModelImport imported = ModelImport.open(pushed, ImportOptions.NONE, ENGINES)) {
        assertThat(features(imported.model())).containsExactly(1f, 2f, 3f, 4f);
      }
    }
    Files.write(folder.resolve("test_data_set_0/input_0.pb"), new byte[] {8});
    try (ModelImport imported = ModelImport.open(folder, ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files()).isEqualTo(folder);
      assertThat(imported.leftOut())
          .containsExactly(
              "calls in the files (%s: ends early (expected: a TensorProto for features float32[-1, 4]))"
                  .formatted(folder.resolve("test_data_set_0/input_0.pb")));
    }
  }

  @Test
  void refusesATritonConfigurationThatDoesNotFitItsModel() throws IOException {
    savedModel("fraud/1/model.savedmodel", "serving_default");
    file(
        "fraud/config.pbtxt",
        """
        backend: "tensorflow"
        input [ { name: "features" data_type: TYPE_FP32 dims: [ -1, 5 ] } ]
        output [ { name: "score" data_type: TYPE_INT64 dims: [ -1, 1 ] } ]
        """);

    assertThatThrownBy(() -> detect(directory.resolve("fraud")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input features float32[-1, 5] is features float32[-1, 4] in the model")
        .hasMessageContaining("output score int64[-1, 1] is score float32[-1, 1] in the model");
  }

  @Test
  void takesTheSignatureOfATorchScriptFromItsTritonConfiguration() throws IOException {
    Path script = torchScript("net/1/model.pt");
    file(
        "net/config.pbtxt",
        """
        platform: "pytorch_libtorch"
        max_batch_size: 8
        input [ { name: "features", data_type: TYPE_FP32, dims: [ 4 ] } ]
        output [ { name: "score", data_type: TYPE_FP32, dims: [ 1 ] } ]
        """);

    DetectedModel model = detect(directory.resolve("net"));

    assertThat(model.engine()).isEqualTo("pytorch");
    assertThat(model.files()).isEqualTo(script);
    assertThat(model.signature()).isEqualTo(FOUR_TO_ONE);
  }

  @Test
  void takesTheShapeThatTheModelHasBehindTriton() throws IOException {
    torchScript("net/1/model.pt");
    file(
        "net/config.pbtxt",
        """
        backend: "pytorch"
        max_batch_size: 8
        input [
          { name: "INPUT__1" data_type: TYPE_INT64 dims: [ 1 ] reshape: { shape: [ ] } },
          { name: "INPUT__0" data_type: TYPE_FP32 format: FORMAT_NONE dims: [ 6 ] reshape { shape: [ 2, 3 ] } }
        ]
        output [ { name: "OUTPUT__0" data_type: TYPE_FP32 dims: [ 1 ] label_filename: "labels.txt" } ]
        version_policy: { latest { num_versions: 1 }}
        instance_group [ { count: 1 kind: KIND_CPU } ]
        """);

    assertThat(detect(directory.resolve("net")).signature())
        .hasToString(
            "Signature[inputs=[INPUT__0 float32[-1, 2, 3], INPUT__1 int64[-1]], outputs=[OUTPUT__0 float32[-1, 1]], name=, method=, batch=0, constants=[]]");
  }

  @Test
  void readsTheVersionThatTritonServes() throws IOException {
    for (int number : List.of(1, 2, 3)) {
      file("net/" + number + "/model.onnx", "\u0008\u0007");
    }
    file(
        "net/config.pbtxt",
        """
        platform: "onnxruntime_onnx"
        version_policy: { specific: { versions: [1,2]}}
        """);
    Path folder = directory.resolve("net");

    assertThat(detect(folder).version()).isEqualTo(SemanticVersion.parse("2.0.0"));
    assertThat(detect(folder, numbered(1)).version()).isEqualTo(SemanticVersion.parse("1.0.0"));
  }

  @Test
  void readsBoostersOfTritonWhateverItsTensorsAreCalled() throws IOException {
    file("trees/1/xgboost.json", BOOSTER);
    file(
        "trees/config.pbtxt",
        """
        backend: "fil"
        max_batch_size: 32768
        input [ { name: "input__0" data_type: TYPE_FP32 dims: [ 4 ] } ]
        output [ { name: "output__0" data_type: TYPE_FP32 dims: [ 2 ] } ]
        instance_group [{ kind: KIND_AUTO }]
        parameters [
          { key: "model_type" value: { string_value: "xgboost_json" } },
          { key: "predict_proba" value: { string_value: "true" } }
        ]
        dynamic_batching {}
        """);
    file("legacy/1/xgboost.model", "\0\0\0?");
    file("legacy/config.pbtxt", "backend: \"fil\"");

    DetectedModel model = detect(directory.resolve("trees"));
    assertThat(model.engine()).isEqualTo("xgboost");
    assertThat(model.signature()).isEqualTo(FOUR_TO_ONE);
    assertThatThrownBy(() -> detect(directory.resolve("legacy")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("a folder with xgboost.model (expected: one XGBoost file (JSON or");
  }

  @Test
  void readsTritonsFoldersWithoutAConfiguration() throws IOException {
    file("repo/net/4/model.onnx/model.onnx", "\u0008\u0007");
    file("repo/net/4/model.onnx/weights", "1");
    savedModel("repo2/fraud/2/model.savedmodel", "serving_default");

    DetectedModel onnx = detect(directory.resolve("repo"));
    DetectedModel saved = detect(directory.resolve("repo2/fraud"));

    assertThat(onnx.name()).isEqualTo("net");
    assertThat(onnx.version()).isEqualTo(SemanticVersion.parse("4.0.0"));
    assertThat(onnx.files()).isEqualTo(directory.resolve("repo/net/4/model.onnx"));
    assertThat(saved.engine()).isEqualTo("tensorflow");
    assertThat(saved.name()).isEqualTo("fraud");
  }

  @ParameterizedTest
  @CsvSource({"python, runs Python", "tensorrt_plan, one kind of GPU", "ensemble, several models"})
  void refusesTritonBackendsThatHaveNoEngineHere(String backend, String reason) throws IOException {
    Files.createDirectories(directory.resolve("m/1"));
    file("m/config.pbtxt", "platform: \"" + backend + "\"");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("backend '" + backend + "' is refused")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: \"open",
        "input [ { name: \"a\" ]",
        "name \"\\\" } {",
        "}",
        "{",
        "name:",
        "name: \u0001"
      })
  void refusesATritonConfigurationThatIsMalformed(String text) throws IOException {
    Files.createDirectories(directory.resolve("m/1"));
    file("m/config.pbtxt", text);

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("config.pbtxt: ");
  }

  @Test
  void refusesATritonConfigurationThatIsTooDeep() throws IOException {
    Files.createDirectories(directory.resolve("m/1"));
    file("m/config.pbtxt", "a { ".repeat(100_000));

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("deep");
  }

  @Test
  void readsFilesOfEnginesByTheirContent() throws IOException {
    DetectedModel onnx = detect(file("a/model.onnx", "\u0008\u0007"));
    DetectedModel json = detect(file("b/booster.json", BOOSTER));
    DetectedModel ubj = detect(file("c/booster.ubj", "{L\0\0\0\0\0\0\0\u0007learner{"));
    DetectedModel text = detect(file("d/model.txt", "tree\nversion=v4\n"));

    assertThat(List.of(onnx, json, ubj, text))
        .extracting(DetectedModel::engine)
        .containsExactly("onnx", "xgboost", "xgboost", "lightgbm");
    assertThat(onnx.signature()).isEqualTo(FOUR_TO_ONE);
  }

  @Test
  void asksForTheSignatureOfATorchScript() throws IOException {
    Path script = torchScript("net.pt");

    assertThat(detect(script, signed(FOUR_TO_ONE)).signature()).isEqualTo(FOUR_TO_ONE);
    assertThatThrownBy(() -> detect(script))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'features float32[-1, 4]' and 'score float32[-1, 1]'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"onnx", "saved", "booster"})
  void refusesASignatureThatTheFilesContradict(String kind) throws IOException {
    Path path =
        switch (kind) {
          case "onnx" -> file("a/model.onnx", "\u0008\u0007");
          case "saved" -> savedModel("saved", "serving_default");
          default -> file("b/booster.json", BOOSTER);
        };
    Signature other =
        new Signature(
            List.of(TensorSpec.of("amount", ElementType.FLOAT32, -1, 4)), FOUR_TO_ONE.outputs());

    assertThat(detect(path, signed(FOUR_TO_ONE)).signature()).isEqualTo(FOUR_TO_ONE);
    assertThatThrownBy(() -> detect(path, signed(other)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(path + ": the inputs and outputs that are given do not fit")
        .hasMessageContaining("give what the files have");
  }

  @ParameterizedTest
  @CsvSource({"fd377a585a00, xz", "425a683931, bzip2", "28b52ffd04, Zstandard"})
  void namesCompressionsThatAreNotRead(String start, String compression) throws IOException {
    Path file =
        Files.write(directory.resolve("m.bin"), HexFormat.of().parseHex(start + "0000000000"));

    assertThatThrownBy(() -> detect(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "%s: compressed with %s (expected: a .tar, .tar.gz or .zip); pack it again",
            file, compression);
  }

  @Test
  void takesTheSignatureThatIsGivenWhereTheEngineIsNotHere() throws IOException {
    LoadingEngine absent =
        new LoadingEngine() {
          @Override
          public String name() {
            return "xgboost";
          }

          @Override
          public Optional<FoundModel> detect(Path path) {
            return Optional.of(FoundModel.of("XGBoost file", path));
          }

          @Override
          public List<String> check(Path files, Signature given) {
            throw new UnavailableHereException("its jar is not here");
          }

          @Override
          public Model load(
              ModelVersion version, Signature signature, Path files, Placement placement) {
            throw new UnavailableHereException("its jar is not here");
          }
        };

    try (ModelImport imported =
        ModelImport.open(
            file("b/booster.json", BOOSTER), signed(FOUR_TO_ONE), Engines.of(List.of(absent)))) {
      assertThat(imported.model().signature()).isEqualTo(FOUR_TO_ONE);
    }
  }

  @Test
  void readsMlflowModels() throws IOException {
    file("x/model.xgb", "{L\0\0\0\0\0\0\0\u0007learner{");
    file(
        "x/MLmodel",
        """
        flavors:
          python_function: {loader_module: mlflow.xgboost}
          xgboost: {data: model.xgb, model_format: xgb}
        signature:
          inputs: '[{"type": "double", "name": "amount"}, {"type": "double", "name": "hour"}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
        """);
    file("l/model.lgb", "tree\nversion=v4\n");
    file("l/MLmodel", "flavors: {lightgbm: {data: model.lgb}}");
    savedModel("t/data/model", "serving_default");
    file("t/MLmodel", "flavors: {tensorflow: {data: data, model_type: keras}}");

    DetectedModel booster = detect(directory.resolve("x"));
    assertThat(booster.engine()).isEqualTo("xgboost");
    assertThat(booster.files().getFileName()).hasToString("model.ubj");
    DetectedModel text = detect(directory.resolve("l"));
    assertThat(text.engine()).isEqualTo("lightgbm");
    assertThat(text.files().getFileName()).hasToString("model.txt");
    DetectedModel keras = detect(directory.resolve("t"));
    assertThat(keras.engine()).isEqualTo("tensorflow");
    assertThat(keras.signature()).isEqualTo(FOUR_TO_ONE);
  }

  @Test
  void takesTheSignatureOfAModelBeforeThatOfMlflowsWrapper() throws IOException {
    file("o/model.onnx", "\u0008\u0007");
    file(
        "o/MLmodel",
        """
        artifact_path: model
        flavors:
          onnx: {code: null, data: model.onnx, onnx_version: 1.16.0, providers: [CPUExecutionProvider]}
          python_function: {data: model.onnx, loader_module: mlflow.onnx}
        signature:
          inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]'
          outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}, "name": "score"}]'
          params: null
        """);

    assertThat(detect(directory.resolve("o")).signature()).isEqualTo(FOUR_TO_ONE);
  }

  @Test
  void readsATorchScriptOfMlflowWithItsSignature() throws IOException {
    Path script = torchScript("p/data/model.pth");
    file("p/data/pickle_module_info.txt", "mlflow.pytorch.pickle_module");
    String flavours =
        """
        flavors:
          python_function: {data: data, loader_module: mlflow.pytorch}
          pytorch: {code: null, model_data: data, pytorch_version: 2.7.1}
        """;
    file(
        "p/MLmodel",
        flavours
            + """
            signature:
              inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
              outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
              params: null
            """);

    DetectedModel model = detect(directory.resolve("p"));
    assertThat(model.engine()).isEqualTo("pytorch");
    assertThat(model.files()).isEqualTo(script);
    assertThat(model.signature())
        .hasToString(
            "Signature[inputs=[input float32[-1, 4]], outputs=[output float32[-1, 1]], name=, method=, batch=0, constants=[]]");
    file("p/MLmodel", flavours);
    assertThatThrownBy(() -> detect(directory.resolve("p")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("say no signature here");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'columns': ['a', 'b', 'c', 'd'], 'data': [[1, 2.0, 3, null], [0, 0, 0, 0]]}",
        "{'index': [0], 'columns': [0, 1, 2, 3], 'data': [[1, 2, 3, NaN]]}",
        "{'data': [[1, 2, 3, null]]}",
        "{'columns': ['other', 'features'], 'data': [['x', [1, 2, 3, null]]]}",
        "{'dataframe_split': {'columns': ['a', 'b', 'c', 'd'], 'data': [[1, 2, 3, null]]}}",
        "{'dataframe_records': [{'a': 1, 'b': 2, 'c': 3, 'd': null}]}",
        "{'inputs': [[1, 2, 3, NaN]]}",
        "{'inputs': {'features': [[1, 2, 3, null], [5, 6, 7, 8]]}}",
        "{'instances': [{'features': [1, 2, 3, null]}]}",
        "{'instances': [[1, 2, 3, null]]}",
      })
  void takesTheExampleOfAnMlflowModelAsSamples(String json) throws IOException {
    file("o/model.onnx", "\u0008\u0007");
    file("o/input_example.json", json.replace('\'', '"'));
    file(
        "o/MLmodel",
        """
        flavors: {onnx: {data: model.onnx}}
        saved_input_example_info: {artifact_path: input_example.json, pandas_orient: split, type: dataframe}
        """);

    try (ModelImport imported =
        ModelImport.open(directory.resolve("o"), ImportOptions.NONE, ENGINES)) {
      assertThat(imported.leftOut()).isEmpty();
      assertThat(features(imported.model())).containsExactly(1f, 2f, 3f, Float.NaN);
    }
  }

  @Test
  void prefersTheExampleThatMlflowsServerTakesAndTheModelsOwnCallsToIt() throws IOException {
    savedModel("t/data/model", "serving_default");
    file("t/input_example.json", "[1, 2]");
    file("t/serving_input_example.json", "{\"inputs\": [[1, 2, 3, 4]]}");
    file(
        "t/MLmodel",
        """
        flavors: {tensorflow: {data: data}}
        saved_input_example_info:
          artifact_path: input_example.json
          serving_input_path: serving_input_example.json
          type: json_object
        """);
    Path folder = directory.resolve("t");

    try (ModelImport imported = ModelImport.open(folder, ImportOptions.NONE, ENGINES)) {
      assertThat(features(imported.model())).containsExactly(1f, 2f, 3f, 4f);
      assertThat(imported.model().files().resolve("saved_model.pb")).exists();
    }

    file("t/data/model/assets.extra/tf_serving_warmup_requests", "damaged");
    try (ModelImport imported = ModelImport.open(folder, ImportOptions.NONE, ENGINES)) {
      assertThat(imported.leftOut()).singleElement().asString().startsWith("calls in the files (");
      assertThat(features(imported.model())).containsExactly(1f, 2f, 3f, 4f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'data': [1], 'indices': [0], 'indptr': [0, 1], 'shape': [1, 4]}|keys [data, indices, indptr, shape] (expected",
        "{'columns': ['a'], 'data': [[1, 2]]}|a row of 2 values (expected: 1)",
        "{'columns': ['a'], 'data': [['x']]}|1 elements (expected: 4)",
        "{'inputs': {'other': [['x', 2, 3, 4]]}}|input 'features': x (expected: a value for float32)",
        "{'inputs': [['x', 2, 3, 4]]}|input 'features': x (expected: a value for float32)",
        "{'amount': 1}|keys [amount] (expected: columns and data, dataframe_split",
        "{'instances': [null]}|values of [] (expected: of the inputs [features])",
        "[1, 2]|'e.json' (expected: a JSON object)",
        "{'inputs': [1|'e.json': Unexpected end-of-input",
        "{'inputs': [1e99999999999, 1, 1, 1]}|1 elements (expected: 4)",
      })
  void leavesOutAnExampleOfMlflowThatDoesNotFit(String json, String reason) throws IOException {
    file("o/e.json", json.replace('\'', '"'));

    leavesOut("e.json", reason);
  }

  @Test
  void leavesOutAnExampleOfMlflowThatIsDeepLargeOrElsewhere() throws IOException {
    file("o/deep.json", "{\"inputs\": " + "[".repeat(100_000) + "]".repeat(100_000) + "}");
    leavesOut("deep.json", "nesting depth");
    Files.write(directory.resolve("o/large.json"), new byte[(16 << 20) + 1]);
    leavesOut("large.json", "16777217 bytes (expected: at most 16777216)");
    file("secret.json", "{\"inputs\": [[1, 2, 3, 4]]}");
    leavesOut("../secret.json", "'../secret.json' (expected: a file in 'o')");
    Files.createSymbolicLink(directory.resolve("o/link.json"), directory.resolve("secret.json"));
    leavesOut("link.json", "'link.json' (expected: a file in 'o')");
    leavesOut("absent.json", "'absent.json' (expected: a file in 'o')");
  }

  private void leavesOut(String example, String reason) throws IOException {
    Path model = file("o/model.onnx", "\u0008\u0007");
    file(
        "o/MLmodel",
        "{flavors: {onnx: {data: model.onnx}}, saved_input_example_info: {artifact_path: '%s'}}"
            .formatted(example));

    try (ModelImport imported =
        ModelImport.open(directory.resolve("o"), ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files()).isEqualTo(model);
      assertThat(imported.leftOut())
          .singleElement()
          .asString()
          .startsWith("saved_input_example_info (")
          .contains(reason);
    }
  }

  @Test
  void readsTheSignatureThatMlflowNamesOfASavedModel() throws IOException {
    savedModel("t/tfmodel", "serving_default", "embed");
    file(
        "t/MLmodel",
        """
        flavors:
          tensorflow:
            code: null
            meta_graph_tags: [serve]
            saved_model_dir: tfmodel
            signature_def_key: embed
        """);
    Path folder = directory.resolve("t");

    assertThat(detect(folder).signature().outputs().get(0).name()).isEqualTo("vector");
    assertThat(detect(folder).signature().name()).isEqualTo("embed");
    assertThat(detect(folder, named("serving_default")).signature())
        .isEqualTo(FOUR_TO_ONE.of("serving_default", ""));
  }

  @ParameterizedTest
  @CsvSource({
    "lightgbm, model.pkl, model.booster_",
    "lightgbm, model.skops, model.booster_",
    "xgboost, model.xgb, model_format=",
    "pytorch, model.pth, torch.jit.script",
    "tensorflow, model.keras, model.export",
    "keras, model.keras, model.export",
  })
  void refusesWhatMlflowSavesInAFormThatNoEngineReads(String flavour, String name, String remedy)
      throws IOException {
    file("m/data/" + name, "\u0080\u0004\u0095");
    file("m/MLmodel", "flavors: {" + flavour + ": {data: data/" + name + "}}");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(directory.resolve("m/MLmodel") + ": ")
        .hasMessageContaining(name)
        .hasMessageContaining(remedy);
  }

  @Test
  void takesTheWeightsOfAnOnnxFileAlong() throws IOException {
    Path folder = directory.resolve("o");
    OnnxModels.mlpWithWeightsBeside(folder, 4);
    file("o/input_example.json", "[]");

    try (ModelImport imported =
        ModelImport.open(folder.resolve(OnnxModels.FILE), ImportOptions.NONE, ENGINES)) {
      assertThat(imported.model().files().toFile().list())
          .containsExactlyInAnyOrder(OnnxModels.FILE, OnnxModels.WEIGHTS);
    }
    Files.move(folder.resolve(OnnxModels.WEIGHTS), directory.resolve("elsewhere"));
    assertThatThrownBy(() -> detect(folder.resolve(OnnxModels.FILE)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("its weights are in 'model.onnx.data' (expected: a file beside it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../weights.data", "model\0onnx.data"})
  void refusesWeightsOutsideOfTheFolderOfTheModel(String location) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("o"));
    OnnxModels.mlpWithWeightsBeside(folder, 4);
    Path model = folder.resolve(OnnxModels.FILE);
    String bytes = Files.readString(model, StandardCharsets.ISO_8859_1);
    Files.writeString(
        model, bytes.replace("model.onnx.data", location), StandardCharsets.ISO_8859_1);
    file("weights.data", "secret");

    assertThatThrownBy(() -> detect(model))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("its weights are in '" + location + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "'sklearn: {pickled_model: model.pkl}, python_function: {}', sklearn, skl2onnx",
    "'spark: {model_data: sparkml}, python_function: {}', spark, ONNX",
    "'python_function: {python_model: m.pkl}', python_function, runs Python",
  })
  void refusesMlflowFlavoursThatAreCode(String flavours, String flavour, String remedy)
      throws IOException {
    file("m/MLmodel", "flavors: {" + flavours + "}");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("flavour '" + flavour + "' is refused")
        .hasMessageContaining(remedy);
  }

  @Test
  void refusesAnMlflowModelThatPointsOutside() throws IOException {
    file("model.onnx", "\u0008\u0007");
    file("m/MLmodel", "flavors: {onnx: {data: ../model.onnx}}");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("data '../model.onnx' (expected: a file or folder beside it)");
  }

  @Test
  void refusesANameThatIsNoPath() throws IOException {
    file("m/MLmodel", "flavors: {onnx: {data: \"model\\0.onnx\"}}");
    file("t/1/model.onnx", "\u0008\u0007");
    file("t/config.pbtxt", "platform: 'onnxruntime_onnx' default_model_filename: 'model\0.onnx'");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("data 'model\0.onnx' (expected: a file or folder beside it)");
    assertThatThrownBy(() -> detect(directory.resolve("t")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("default_model_filename 'model\0.onnx' (expected: a file in ");
  }

  @Test
  void unpacksAnArchiveAndCleansUp() throws IOException {
    byte[] pb =
        Files.readAllBytes(savedModel("saved", "serving_default").resolve("saved_model.pb"));
    Path archive =
        Archives.tarGz(
            directory.resolve("m.tgz"), tar -> Archives.put(tar, "export/saved_model.pb", pb));

    Path unpacked;
    try (ModelImport imported = ModelImport.open(archive, ImportOptions.NONE, ENGINES)) {
      unpacked = imported.model().files();
      assertThat(imported.model().signature()).isEqualTo(FOUR_TO_ONE);
      assertThat(unpacked.resolve("saved_model.pb")).hasBinaryContent(pb);
    }

    assertThat(unpacked).doesNotExist();
  }

  @Test
  void saysWhatItLookedForAndFound() throws IOException {
    file("m/readme.md", "hello");

    assertThatThrownBy(() -> detect(directory.resolve("m")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("a folder with readme.md; looked for")
        .hasMessageContaining("config.pbtxt")
        .hasMessageContaining("MLmodel")
        .hasMessageContaining("saved_model.pb");
    assertThatThrownBy(() -> detect(directory.resolve("m/readme.md")))
        .hasMessageContaining("a file named 'readme.md' that begins with 68 65 6c 6c 6f");
    assertThatThrownBy(() -> detect(file("m/model.zip", "")))
        .hasMessageContaining("a file named 'model.zip' that is empty; looked for");
  }

  @Test
  void asksWhichOfTwoModelsIsMeant() throws IOException {
    file("m/model.onnx", "\u0008\u0007");
    file("m/model.txt", "tree\nversion=v4\n");
    Path folder = directory.resolve("m");

    assertThatThrownBy(() -> detect(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("ONNX file")
        .hasMessageContaining("LightGBM text")
        .hasMessageContaining("name the file or the engine");
    ImportOptions lightgbm =
        new ImportOptions("lightgbm", null, null, null, Map.of(), ArchiveLimits.DEFAULT);
    assertThat(detect(folder, lightgbm).files()).isEqualTo(folder.resolve("model.txt"));
  }

  @ParameterizedTest
  @CsvSource({
    "model.pkl, 00, skl2onnx",
    "model.joblib, 00, skl2onnx",
    "model.keras, 00, model.export",
    "model.h5, 00, model.export",
    "weights.bin, 894844460d0a1a0a00, model.export",
    "model.bin, 8004950500000000000000284b012e2e2e2e, skl2onnx",
    "model.dat, 80027d71002e, skl2onnx",
  })
  void refusesFormatsThatRunCodeByNameAndByContent(String name, String hex, String remedy)
      throws IOException {
    Path file = Files.write(directory.resolve(name), HexFormat.of().parseHex(hex));

    assertThatThrownBy(() -> detect(file))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("file '" + file + "': ")
        .hasMessageContaining("run code when they are opened")
        .hasMessageContaining(remedy);
  }

  @Test
  void refusesWhatTorchSavesAndKerasZipsWhateverTheirNames() throws IOException {
    Path torch =
        Archives.zip(
            directory.resolve("model.pt"),
            zip -> Archives.put(zip, "archive/data.pkl", new byte[] {1}));
    Path keras =
        Archives.zip(
            directory.resolve("model.zip"),
            zip -> {
              Archives.put(zip, "config.json", new byte[] {'{'});
              Archives.put(zip, "model.weights.h5", new byte[] {1});
            });

    assertThatThrownBy(() -> detect(torch)).hasMessageContaining("torch.jit.save");
    assertThatThrownBy(() -> detect(keras)).hasMessageContaining("model.export");
  }

  /** With the engines themselves. */
  private static DetectedModel really(Path path) {
    try (ModelImport imported = ModelImport.open(path, ImportOptions.NONE)) {
      return imported.model();
    }
  }

  @Test
  void provesThatTheRowsOfOneSizeOfBatchAreScoredAlone() {
    OnnxModels.mlpForBatch(directory.resolve("alone"), 4, 8);
    OnnxModels.sharesOfBatch(directory.resolve("shares"), 8);
    OnnxModels.sharesOfBatch(directory.resolve("one"), 1);

    assertThat(really(directory.resolve("alone")).signature().batch()).isEqualTo(8);
    assertThat(really(directory.resolve("one")).signature().batch()).isEqualTo(1);
    assertThatThrownBy(() -> really(directory.resolve("shares")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith(
            directory.resolve("shares")
                + ": it takes 8 rows in each call, and the answer to one changes with those beside it: ");
  }

  @Test
  void takesOneSizeOfBatchFromTriton() throws IOException {
    OnnxModels.mlpForBatch(directory.resolve("fraud/1"), 4, 8);
    file(
        "fraud/config.pbtxt",
        """
        backend: "onnxruntime"
        input { name: "features" data_type: TYPE_FP32 dims: [ 8, 4 ] }
        output { name: "score" data_type: TYPE_FP32 dims: [ 8, 1 ] }
        """);

    assertThat(really(directory.resolve("fraud")).signature().batch()).isEqualTo(8);
  }
}
