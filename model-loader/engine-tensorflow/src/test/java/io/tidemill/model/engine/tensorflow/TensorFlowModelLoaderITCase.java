package io.tidemill.model.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.NativePlatform;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

class TensorFlowModelLoaderITCase {
  private static final TensorSpec FEATURES = TensorSpec.of("features", ElementType.FLOAT32, -1, 4);
  private static final TensorSpec SCORE = TensorSpec.of("score", ElementType.FLOAT32, -1, 1);

  @TempDir Path directory;

  static List<Arguments> misfits() {
    return List.of(
        Arguments.of(
            List.of(TensorSpec.of("amount", ElementType.FLOAT32, -1, 4)),
            List.of(SCORE),
            "input 'amount' is in the manifest but signature 'serving_default' of the SavedModel has [features]"),
        Arguments.of(
            List.of(TensorSpec.of("features", ElementType.FLOAT64, -1, 4)),
            List.of(SCORE),
            "input 'features' is float64[-1, 4] in the manifest but float32[-1, 4] in signature 'serving_default' of the SavedModel"),
        Arguments.of(
            List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 5)),
            List.of(SCORE),
            "input 'features' is float32[-1, 5] in the manifest but float32[-1, 4] in signature 'serving_default' of the SavedModel"),
        Arguments.of(
            List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, -1)),
            List.of(SCORE),
            "input 'features' is float32[-1, -1] in the manifest but float32[-1, 4] in signature 'serving_default' of the SavedModel"),
        Arguments.of(
            List.of(TensorSpec.of("features", ElementType.FLOAT32, -1)),
            List.of(SCORE),
            "input 'features' is float32[-1] in the manifest but float32[-1, 4] in signature 'serving_default' of the SavedModel"),
        Arguments.of(
            List.of(FEATURES),
            List.of(TensorSpec.of("score", ElementType.INT64, -1, 1)),
            "output 'score' is int64[-1, 1] in the manifest but float32[-1, 1] in signature 'serving_default' of the SavedModel"),
        Arguments.of(
            List.of(FEATURES),
            List.of(SCORE, TensorSpec.of("label", ElementType.STRING, -1)),
            "output 'label' is in the manifest but signature 'serving_default' of the SavedModel has [score]"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refusesManifestThatDoesNotFitNamingBothSides(
      List<TensorSpec> inputs, List<TensorSpec> outputs, String message) {
    SavedModels.mlp(directory, 4);

    assertThatThrownBy(() -> Loading.load(directory, new Signature(inputs, outputs)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesManifestThatLeavesOutAnInput() {
    SavedModels.twoByTwo(directory);
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("left", ElementType.FLOAT32, -1)),
            List.of(TensorSpec.of("sum", ElementType.FLOAT32, -1)));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'right' is in signature 'serving_default' of the SavedModel as float32[-1] but not in the manifest");
  }

  @Test
  void takesTheOnlySignatureWhateverItsName() {
    Signature signature = SavedModels.named(directory, "predict");

    try (Model model = Loading.load(directory, signature)) {
      assertThat(model.signature()).isEqualTo(signature);
    }
  }

  @Test
  void namesTheSignaturesWhereItCannotChoose() {
    Signature signature = SavedModels.ambiguous(directory);

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "signatures of the SavedModel: [first, second] (expected: one named 'serving_default'");
  }

  @Test
  void servesTheSignatureThatTheManifestNames() throws IOException {
    SavedModels.ambiguous(directory);
    Path file = directory.resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    SignatureDef first = saved.getMetaGraphs(0).getSignatureDefOrThrow("first");
    TensorInfo in = first.getInputsOrThrow("in");
    AttrValue type = AttrValue.newBuilder().setType(in.getDtype()).build();
    // The second answers its input, and the usual one does as the first.
    saved
        .getMetaGraphsBuilder(0)
        .getGraphDefBuilder()
        .addNodeBuilder()
        .setName("copy")
        .setOp("Identity")
        .addInput(in.getName())
        .putAttr("T", type);
    saved
        .getMetaGraphsBuilder(0)
        .putSignatureDef("serving_default", first)
        .putSignatureDef(
            "second",
            first.toBuilder().putOutputs("out", in.toBuilder().setName("copy:0").build()).build());
    Files.write(file, saved.build().toByteArray());
    Signature second =
        new TensorFlowEngine().signature(directory, "second", Map.of()).orElseThrow();

    assertThat(second.name()).isEqualTo("second");
    assertThat(second.method()).isEqualTo("tensorflow/serving/predict");
    assertThat(answerToFive(second)).isEqualTo(5f);
    assertThat(answerToFive(new TensorFlowEngine().signature(directory).orElseThrow()))
        .isEqualTo(-5f);
    assertThatThrownBy(() -> Loading.load(directory, second.of("third", second.method())))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no signature 'third' (expected: one of [first, second");
    assertThatThrownBy(() -> Loading.load(directory, second.of("second", "classify")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("has method 'tensorflow/serving/predict' (expected: 'classify'");
  }

  private float answerToFive(Signature signature) {
    try (Model model = Loading.load(directory, signature);
        BufferAllocator memory = ColumnMemory.child("named", 1 << 20);
        ColumnBatch input = ColumnBatch.allocate(memory, signature.inputColumns(), 1)) {
      input.fixedWidth(0).setFloat(0, 5f);
      input.rows(1);
      try (ColumnBatch output = model.predict(input, memory)) {
        return output.fixedWidth(0).getFloat(0);
      }
    }
  }

  @Test
  void findsTheSavedModelOneFolderDown() {
    Signature signature = SavedModels.mlp(directory.resolve("model"), 4);

    try (Model model = Loading.load(directory, signature)) {
      assertThat(model.version()).isEqualTo(Loading.VERSION);
    }
  }

  @Test
  void refusesFolderWithoutSavedModel() {
    assertThatThrownBy(
            () -> Loading.load(directory, new Signature(List.of(FEATURES), List.of(SCORE))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: 0 folders with a saved_model.pb in " + directory);
  }

  @Test
  void refusesFileThatIsNoSavedModel() throws IOException {
    Files.writeString(directory.resolve("saved_model.pb"), "not a protocol buffer");

    assertThatThrownBy(
            () -> Loading.load(directory, new Signature(List.of(FEATURES), List.of(SCORE))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: TensorFlow cannot load " + directory);
  }

  @Test
  void refusesThreadsThatTheProcessDoesNotHave() {
    Signature signature = SavedModels.mlp(directory, 4);
    Loading.load(directory, signature).close();

    assertThatThrownBy(
            () ->
                new TensorFlowEngine()
                    .load(Loading.VERSION, signature, directory, Placement.CPU.withThreads(3)))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessage(
            "fraud:1.4.2: threads: 3, but TensorFlow has one per core, %d here, for all models of this process (expected: none said; or -Dai.djl.tensorflow.num_intraop_threads=3 in Flink's env.java.opts.taskmanager, for all jobs)",
            Runtime.getRuntime().availableProcessors());
  }

  @Test
  void refusesGpuThatIsNotThere() {
    Signature signature = SavedModels.mlp(directory, 4);

    assertThatThrownBy(
            () ->
                new TensorFlowEngine()
                    .load(Loading.VERSION, signature, directory, Placement.on(Device.parse("gpu"))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "fraud:1.4.2: device gpu:0, but TensorFlow sees no GPU here (expected: ");
    assertThatThrownBy(
            () ->
                new TensorFlowEngine()
                    .load(
                        Loading.VERSION, signature, directory, Placement.on(Device.parse("gpu:1"))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("fraud:1.4.2: device gpu:1 (expected: ");
  }

  @Test
  void refusesOtherPlatforms() {
    assertThatThrownBy(() -> new NativePlatform("Mac OS X", "aarch64").require("tensorflow"))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith(
            "engine tensorflow: platform Mac OS X aarch64 (expected: Linux amd64");
  }

  @Test
  void takesConstantsForInputsWithoutRows() {
    Signature signature = SavedModels.scaled(directory);
    TensorFlowEngine engine = new TensorFlowEngine();
    Map<String, String> values =
        Map.of(
            "keep_prob", "0.5", "offsets", "1,2,3", "is_training", "false", "unit", "€ per hour");

    assertThat(engine.signature(directory, "", values)).contains(signature);
    assertThat(engine.signature(directory, "serving_default", values))
        .contains(signature.of("serving_default", "tensorflow/serving/predict"));
    assertThat(engine.check(directory, signature)).isEmpty();
    assertThat(engine.operations(directory, signature)).noneMatch(Operation::dangerous);
    assertThatThrownBy(() -> engine.signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'keep_prob' is float32[], which has no rows (expected: a dimension for them, of the files or that you say); or give it one value for all calls with --constant keep_prob=VALUE")
        .hasMessageContaining("input 'offsets' has 3 rows in every call")
        .hasMessageContaining("input 'is_training' is bool[], which has no rows");
    assertThatThrownBy(
            () -> engine.signature(directory, "", Map.of("is_training", "maybe", "rate", "1")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("constant 'is_training': 'maybe' (expected: bool)")
        .hasMessageContaining(
            "constant 'rate' is none of the inputs [is_training, keep_prob, offsets, unit, values]");
    assertThatThrownBy(() -> Loading.load(directory, signature.with(List.of())))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("input 'offsets' is in signature 'serving_default'")
        .hasMessageContaining("but not in the manifest");
  }
}
