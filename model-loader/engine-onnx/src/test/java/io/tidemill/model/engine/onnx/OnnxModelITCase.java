package io.tidemill.model.engine.onnx;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.read;
import static io.tidemill.model.engine.TypedValues.text;
import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Placement;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.TensorModelContract;
import io.tidemill.model.engine.TypedValues;
import io.tidemill.model.golden.RowIndependence;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelITCase extends TensorModelContract {
  OnnxModelITCase() {
    super(new OnnxEngine());
  }

  /** So that many processes that are killed do not fill the folder for temporary files. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void libraryTakesNoRoomInAFolderOnceItIsLoaded(@TempDir Path folder) throws IOException {
    new OnnxEngine().check(folder, writeModel(folder));

    assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
        .filteredOn(line -> line.contains("/libonnxruntime"))
        .isNotEmpty()
        .allMatch(line -> line.endsWith(" (deleted)"));
  }

  @Override
  protected Signature writeModel(Path folder) {
    return OnnxModels.mlp(folder, 32);
  }

  @Override
  protected Signature identity(Path folder, ElementType type) {
    return OnnxModels.identity(folder, type);
  }

  @Override
  protected Signature anyWidth(Path folder) {
    return OnnxModels.anyWidth(folder);
  }

  @Override
  protected Signature onlyPositive(Path folder) {
    return OnnxModels.onlyPositive(folder);
  }

  @Override
  protected Signature huge(Path folder) {
    return OnnxModels.huge(folder);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void computesWithEveryTypeAndLeavesItsInputAlone(ElementType type) {
    Signature signature = OnnxModels.reverse(directory, type);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      write(input, type, 4, 0);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        for (int i = 0; i < 12; i++) {
          assertThat(read(output, type, i)).isEqualTo(expected(type, i / 3 * 3 + 2 - i % 3));
          assertThat(read(input, type, i)).isEqualTo(expected(type, i));
        }
      }
    }
  }

  private float[] scores(Signature signature, Path folder, float[] features) {
    int rows = features.length / 32;
    try (Model model = new OnnxEngine().load(VERSION, signature, folder, Placement.CPU);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), rows)) {
      input.rows(rows);
      for (int i = 0; i < features.length; i++) {
        input.fixedWidth(0).number(i, features[i]);
      }
      try (ColumnBatch output = model.score(input, allocator.get())) {
        float[] scores = new float[rows];
        for (int i = 0; i < rows; i++) {
          scores[i] = output.fixedWidth(0).number(i).floatValue();
        }
        return scores;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 7", "4, 7", "32, 7", "32, 100"})
  void scoresAsIfItsBatchWereOpen(int batch, int rows) {
    float[] features = TypedValues.randomFloats(rows * 32);
    Path fixed = directory.resolve("fixed");
    float[] open =
        scores(OnnxModels.mlp(directory.resolve("open"), 32), directory.resolve("open"), features);

    assertThat(scores(OnnxModels.mlpForBatch(fixed, 32, batch), fixed, features))
        .containsExactly(open, within(1e-6f));
  }

  @Test
  void provesThatTheRowsOfABatchAreScoredAlone() {
    Signature signature = OnnxModels.mlpForBatch(directory, 32, 8);
    try (Model model = Loading.load(directory, signature)) {
      new RowIndependence(model, Optional.empty()).require();
    }

    OnnxModels.sharesOfBatch(directory, 8);
    Signature shares = new OnnxEngine().signature(directory).orElseThrow();
    try (Model model = Loading.load(directory, shares)) {
      assertThatThrownBy(() -> new RowIndependence(model, Optional.empty()).require())
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("the answer to one changes with those beside it");
    }
  }

  @Test
  void scoresInHalfPrecisionAsNearAsThatIs() {
    float[] features = TypedValues.randomFloats(100 * 32);
    Path half = directory.resolve("half");
    float[] whole =
        scores(
            OnnxModels.mlp(directory.resolve("whole"), 32), directory.resolve("whole"), features);

    assertThat(scores(OnnxModels.mlpOfHalfPrecision(half, 32), half, features))
        .containsExactly(whole, within(2e-3f));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cat,dog,fox"})
  void readsScikitLearnsDictionariesAsColumns(String classes) throws Exception {
    OnnxModels.classifier(directory, classes.isEmpty() ? new String[0] : classes.split(",", -1));
    Signature signature = new OnnxEngine().signature(directory).orElseThrow();
    float[] features = TypedValues.randomFloats(50 * 4);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 50);
        OrtSession session =
            OrtEnvironment.getEnvironment()
                .createSession(directory.resolve(OnnxModels.FILE).toString());
        OnnxTensor tensor =
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), FloatBuffer.wrap(features), new long[] {50, 4});
        OrtSession.Result expected = session.run(Map.of("X", tensor))) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(50);

      try (ColumnBatch output = model.score(input, allocator.get())) {
        List<?> maps = (List<?>) expected.get(1).getValue();
        for (int row = 0; row < 50; row++) {
          Map<?, ?> scores = ((OnnxMap) maps.get(row)).getValue();
          List<Object> keys =
              classes.isEmpty() ? List.of(7L, 8L, 9L) : List.of((Object[]) classes.split(",", -1));
          for (int i = 0; i < 3; i++) {
            assertThat(output.fixedWidth(1).getFloat(3 * row + i))
                .isEqualTo(scores.get(keys.get(i)));
          }
        }
      }
    }
  }

  @Test
  void givesConstantsToEveryCall() {
    OnnxModels.scaled(directory);
    Signature signature =
        new OnnxEngine()
            .signature(directory, "", Map.of("rate", "0.5", "offsets", "1,2,3"))
            .orElseThrow();
    long before = ColumnMemory.allocatedBytes();
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      for (int rows = 1; rows <= 2; rows++) {
        input.fixedWidth(0).setFloats(0, new float[] {2, 4, 6, 8, 10, 12}, 0, 6);
        input.rows(rows);
        try (ColumnBatch output = model.score(input, allocator.get())) {
          float[] scaled = new float[3 * rows];
          output.fixedWidth(0).getFloats(0, scaled, 0, scaled.length);
          assertThat(scaled)
              .containsExactly(Arrays.copyOf(new float[] {2, 4, 6, 5, 7, 9}, 3 * rows));
        }
      }
    }
    assertThat(ColumnMemory.allocatedBytes()).isEqualTo(before);
  }

  @Test
  void handsTextInAnyScriptThroughByteForByte() {
    List<String> texts =
        List.of(
            "", "naïve", "日本語", "\uD83D\uDE00", "\uD83D\uDC69\u200D\uD83D\uDCBB e\u0301", "a\tb\n");
    Signature signature = OnnxModels.reverse(directory, ElementType.STRING);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      for (String text : texts) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        input.strings(0).append(bytes, 0, bytes.length);
      }
      input.rows(2);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        for (int i = 0; i < texts.size(); i++) {
          assertThat(text(output.strings(0), i)).isEqualTo(texts.get(i / 3 * 3 + 2 - i % 3));
        }
      }
    }
  }

  /** ONNX Runtime's Java API writes characters beyond the basic plane in Java's own way. */
  @Test
  void findsTextOfTheBasicPlaneEqualToItsOwnAndNoOther() {
    String[] texts = {"naïve", "日本語", "\uD83D\uDE00", ""};
    Signature signature = OnnxModels.places(directory, texts);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      for (String text : texts) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        input.strings(0).append(bytes, 0, bytes.length);
      }
      input.rows(4);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        long[] places = new long[4];
        for (int i = 0; i < 4; i++) {
          places[i] = output.fixedWidth(0).getLong(i);
        }
        assertThat(places).containsExactly(0, 1, -1, 3);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 500})
  void answersExactlyWhatOnnxRuntimeAnswers(int rows) throws Exception {
    Signature signature = OnnxModels.mlp(directory, 32);
    float[] features = TypedValues.randomFloats(rows * 32);

    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 512)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        float[] scores = new float[rows];
        output.fixedWidth(0).getFloats(0, scores, 0, rows);

        assertThat(scores).containsExactly(scoresByOnnxRuntime(features, rows));
      }
    }
  }

  private float[] scoresByOnnxRuntime(float[] features, int rows) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session =
            environment.createSession(directory.resolve(OnnxModels.FILE).toString());
        OnnxTensor tensor =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(features), new long[] {rows, 32});
        OrtSession.Result result = session.run(Map.of("features", tensor))) {
      return ((OnnxTensor) result.get(0)).getFloatBuffer().array();
    }
  }

  @Test
  void keepsTheOrderOfSeveralInputsAndOutputs() {
    OnnxModels.twoByTwo(directory);
    Signature swapped =
        new Signature(
            List.of(
                TensorSpec.of("right", ElementType.FLOAT32, -1),
                TensorSpec.of("left", ElementType.FLOAT32, -1)),
            List.of(
                TensorSpec.of("product", ElementType.FLOAT32, -1),
                TensorSpec.of("sum", ElementType.FLOAT32, -1)));
    try (Model model = Loading.load(directory, swapped);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), swapped.inputColumns(), 1)) {
      input.fixedWidth(0).setFloat(0, 3f);
      input.fixedWidth(1).setFloat(0, 4f);
      input.rows(1);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.fixedWidth(0).getFloat(0)).isEqualTo(12f);
        assertThat(output.fixedWidth(1).getFloat(0)).isEqualTo(7f);
      }
    }
  }

  @Test
  void leavesOutOutputsThatTheSignatureDoesNotName() {
    Signature all = OnnxModels.twoByTwo(directory);
    Signature product = new Signature(all.inputs(), List.of(all.outputs().get(1)));
    try (Model model = Loading.load(directory, product);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), product.inputColumns(), 1)) {
      input.fixedWidth(0).setFloat(0, 3f);
      input.fixedWidth(1).setFloat(0, 4f);
      input.rows(1);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.columns()).isEqualTo(1);
        assertThat(output.fixedWidth(0).getFloat(0)).isEqualTo(12f);
      }
    }
  }

  @Test
  void answersStringsOfAnyLength() {
    Signature signature = OnnxModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 3)) {
      input.fixedWidth(0).setLongs(0, new long[] {2, 1, 0}, 0, 3);
      input.rows(3);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(text(output.strings(0), 0))
            .isEqualTo("a letter of more than twenty-two bytes: é");
        assertThat(text(output.strings(0), 1)).isEmpty();
        assertThat(text(output.strings(0), 2)).isEqualTo("a");
      }
    }
  }

  @Test
  void namesModelRowsAndReasonOfFailedCallAndThenGoesOn() {
    Signature signature = OnnxModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      input.fixedWidth(0).setLongs(0, new long[] {0, 3}, 0, 2);
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageStartingWith("fraud:1.4.2: ONNX Runtime failed a call with 2 rows: ")
          .hasMessageContaining("indices element out of data bounds, idx=3");

      input.rows(1);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(text(output.strings(0), 0)).isEqualTo("a");
      }
    }
  }

  @Test
  void refusesStringsThatAreFewerThanTheRowsNeed() {
    Signature signature = OnnxModels.identity(directory, ElementType.STRING);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      write(input, ElementType.STRING, 1, 0);
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("3 elements in the batch (expected: 6 for 2 rows)");
    }
  }
}
