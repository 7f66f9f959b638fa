package io.tidemill.model.engine.onnx;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.read;
import static io.tidemill.model.engine.TypedValues.text;
import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.TensorModelContract;
import io.tidemill.model.engine.TypedValues;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxModelITCase extends TensorModelContract {
  OnnxModelITCase() {
    super(new OnnxEngine());
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
