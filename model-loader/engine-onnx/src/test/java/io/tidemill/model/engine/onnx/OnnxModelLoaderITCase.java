package io.tidemill.model.engine.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.model.Constant;
import io.tidemill.model.Device;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.ProcessThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelLoaderITCase {
  private static final TensorSpec FEATURES = TensorSpec.of("features", ElementType.FLOAT32, -1, 4);
  private static final TensorSpec SCORE = TensorSpec.of("score", ElementType.FLOAT32, -1, 1);

  @TempDir Path directory;

  static List<Arguments> misfits() {
    return List.of(
        Arguments.of(
            TensorSpec.of("amount", ElementType.FLOAT32, -1, 4),
            SCORE,
            "input 'amount' is in the manifest but the .onnx file has [features]"),
        Arguments.of(
            TensorSpec.of("features", ElementType.FLOAT64, -1, 4),
            SCORE,
            "input 'features' is float64[-1, 4] in the manifest but float32[-1, 4] in the .onnx file"),
        Arguments.of(
            TensorSpec.of("features", ElementType.FLOAT32, -1, 5),
            SCORE,
            "input 'features' is float32[-1, 5] in the manifest but float32[-1, 4] in the .onnx file"),
        Arguments.of(
            TensorSpec.of("features", ElementType.FLOAT32, -1, -1),
            SCORE,
            "input 'features' is float32[-1, -1] in the manifest but float32[-1, 4] in the .onnx file"),
        Arguments.of(
            TensorSpec.of("features", ElementType.FLOAT32, -1),
            SCORE,
            "input 'features' is float32[-1] in the manifest but float32[-1, 4] in the .onnx file"),
        Arguments.of(
            FEATURES,
            TensorSpec.of("score", ElementType.INT64, -1, 1),
            "output 'score' is int64[-1, 1] in the manifest but float32[-1, 1] in the .onnx file"),
        Arguments.of(
            FEATURES,
            TensorSpec.of("label", ElementType.STRING, -1),
            "output 'label' is in the manifest but the .onnx file has [score]"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refusesManifestThatDoesNotFitNamingBothSides(
      TensorSpec input, TensorSpec output, String message) {
    OnnxModels.mlp(directory, 4);
    Signature signature = new Signature(List.of(input), List.of(output));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: the manifest does not fit the .onnx file: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesManifestThatLeavesOutAnInput() {
    OnnxModels.twoByTwo(directory);
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("left", ElementType.FLOAT32, -1)),
            List.of(TensorSpec.of("sum", ElementType.FLOAT32, -1)));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'right' is in the .onnx file as float32[-1] but not in the manifest");
  }

  @Test
  void readsTheRowsThatAModelTakesInEachCall() {
    Signature signature = OnnxModels.mlpForBatch(directory, 4, 8);

    assertThat(new OnnxEngine().signature(directory)).contains(signature);
    assertThatThrownBy(() -> Loading.load(directory, signature.inBatchesOf(0)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'features' has 8 rows in every call in the .onnx file but any number in the manifest")
        .hasMessageContaining("output 'score' has 8 rows in every call");
    assertThatThrownBy(() -> Loading.load(directory, signature.inBatchesOf(4)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'features' has 8 rows in every call in the .onnx file but 4 in the manifest");
  }

  @Test
  void readsTheClassesOfScikitLearn() {
    OnnxModels.classifier(directory.resolve("numbers"));
    OnnxModels.classifier(directory.resolve("names"), "cat", "dog", "fox");
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("X", ElementType.FLOAT32, -1, 4)),
            List.of(
                TensorSpec.of("output_label", ElementType.INT64, -1),
                TensorSpec.of("output_probability", ElementType.FLOAT32, -1, 3)));
    OnnxEngine engine = new OnnxEngine();

    assertThat(engine.signature(directory.resolve("numbers"))).contains(signature);
    assertThat(engine.signature(directory.resolve("names"))).contains(signature);
    assertThat(engine.labels(directory.resolve("numbers"))).containsEntry("classes", "7, 8, 9");
    assertThat(engine.labels(directory.resolve("names"))).containsEntry("classes", "cat, dog, fox");
  }

  @Test
  void takesConstantsForInputsWithoutRows() {
    OnnxModels.scaled(directory);
    OnnxEngine engine = new OnnxEngine();
    TensorSpec values = TensorSpec.of("values", ElementType.FLOAT32, -1, 3);
    TensorSpec scaled = TensorSpec.of("scaled", ElementType.FLOAT32, -1, 3);
    Constant rate = new Constant("rate", ElementType.FLOAT32, List.of(), List.of("0.5"));
    Constant offsets =
        new Constant("offsets", ElementType.FLOAT32, List.of(3L), List.of("1", "2", "3"));

    assertThat(engine.signature(directory, "", Map.of("rate", "0.5", "offsets", "1,2,3")))
        .contains(new Signature(List.of(values), List.of(scaled)).with(List.of(offsets, rate)));
    assertThatThrownBy(() -> engine.signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'rate' is float32[of any rank], which has no rows (expected: a dimension for them, of the files or that you say); or give it one value for all calls with --constant rate=VALUE")
        .hasMessageContaining(
            "input 'offsets' has 3 rows in every call: float32[3] (expected: -1, any number); or give it one value for all calls with --constant offsets=VALUE");
    assertThatThrownBy(
            () ->
                engine.signature(
                    directory, "", Map.of("ratio", "1", "offsets", "1,2", "rate", "x")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("constant 'ratio' is none of the inputs [values, rate, offsets]")
        .hasMessageContaining("constant 'offsets': 2 values (expected: float32[3])")
        .hasMessageContaining("constant 'rate': 'x' (expected: float32)");
    assertThatThrownBy(
            () ->
                Loading.load(
                    directory, new Signature(List.of(values), List.of(scaled)).with(List.of(rate))))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'offsets' is in the .onnx file as float32[3] but not in the manifest");
  }

  @ParameterizedTest
  @ValueSource(strings = {"in\nput", "in\u0007", " "})
  void refusesNameThatNoManifestHolds(String name) {
    OnnxModels.named(directory, name);

    assertThatThrownBy(() -> new OnnxEngine().signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input: tensor name: '" + name + "' (expected: not blank, without control characters)");
  }

  @Test
  void refusesTypeThatColumnsDoNotHave() {
    OnnxModels.quantized(directory);

    assertThatThrownBy(() -> new OnnxEngine().signature(directory))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "output 'out' has type float8e4m3fn (expected: float32, float64, float16, bfloat16, int8, ");
  }

  @Test
  void readsTheSignatureOfEveryModel() {
    Signature mlp = OnnxModels.mlp(directory.resolve("mlp"), 4);
    Signature types = OnnxModels.identity(directory.resolve("types"), ElementType.values());
    Signature anyWidth = OnnxModels.anyWidth(directory.resolve("width"));
    OnnxEngine engine = new OnnxEngine();

    assertThat(engine.signature(directory.resolve("mlp"))).contains(mlp);
    assertThat(engine.signature(directory.resolve("mlp").resolve(OnnxModels.FILE))).contains(mlp);
    assertThat(engine.signature(directory.resolve("types"))).contains(types);
    assertThat(engine.signature(directory.resolve("width"))).contains(anyWidth);
  }

  @Test
  void findsTheFileOneFolderDown() {
    Signature signature = OnnxModels.mlp(directory.resolve("model"), 4);

    try (Model model = Loading.load(directory, signature)) {
      assertThat(model.version()).isEqualTo(Loading.VERSION);
      assertThat(model.signature()).isEqualTo(signature);
    }
  }

  @Test
  void refusesFolderWithSeveralFilesOrNone() {
    Signature signature = new Signature(List.of(FEATURES), List.of(SCORE));
    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessage(
            "fraud:1.4.2: 0 files named .onnx in %s (expected: 1 ONNX file (named .onnx))"
                .formatted(directory));

    OnnxModels.mlp(directory.resolve("first"), 4);
    OnnxModels.mlp(directory.resolve("second"), 4);
    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: 2 files named .onnx");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not a protocol buffer"})
  void refusesFileThatIsNoModel(String content) throws IOException {
    Files.writeString(directory.resolve("model.onnx"), content);
    Signature signature = new Signature(List.of(FEATURES), List.of(SCORE));

    assertThatThrownBy(() -> Loading.load(directory, signature))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageStartingWith("fraud:1.4.2: ONNX Runtime cannot load it: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpu", "gpu:1"})
  void refusesGpuWithoutTheLibraryForIt(String device) {
    Signature signature = OnnxModels.mlp(directory, 4);

    assertThatThrownBy(
            () ->
                new OnnxEngine()
                    .load(
                        Loading.VERSION, signature, directory, Placement.on(Device.parse(device))))
        .isInstanceOf(UnavailableHereException.class)
        .hasMessageStartingWith("fraud:1.4.2: device gpu:")
        .hasMessageContaining("ONNX Runtime has no CUDA here: ")
        .hasMessageContaining("the jar of com.microsoft.onnxruntime:onnxruntime_gpu:1.28.0");
  }

  @Test
  void aSessionHasTheThreadsThatTheJobSays() {
    Signature signature = OnnxModels.mlp(directory, 4);
    Placement placement = Placement.CPU.withThreads(40);
    int before = ProcessThreads.count();

    try (Model unsaid = Loading.load(directory, signature)) {
      assertThat(unsaid.signature()).isEqualTo(signature);
      assertThat(ProcessThreads.count() - before).isLessThan(20);
    }
    try (Model model = new OnnxEngine().load(Loading.VERSION, signature, directory, placement)) {
      assertThat(model.signature()).isEqualTo(signature);
      assertThat(ProcessThreads.count() - before).isGreaterThan(30);
    }
  }

  @ParameterizedTest
  @EnumSource(value = ThreadSetting.class)
  void takesTheThreadsThatTheProcessSays(ThreadSetting setting) {
    Signature signature = OnnxModels.mlp(directory, 4);
    System.setProperty(setting.property, "2");
    try (Model model = Loading.load(directory, signature)) {
      assertThat(model.signature()).isEqualTo(signature);
      System.setProperty(setting.property, "many");

      assertThatThrownBy(() -> Loading.load(directory, signature))
          .isInstanceOf(UnavailableHereException.class)
          .hasMessage("-D%s: 'many' (expected: 1 to 1024)", setting.property);
    } finally {
      System.clearProperty(setting.property);
    }
  }

  private enum ThreadSetting {
    INTRA_OP("tidemill.onnx.intra-op-threads"),
    INTER_OP("tidemill.onnx.inter-op-threads");

    private final String property;

    ThreadSetting(String property) {
      this.property = property;
    }
  }
}
