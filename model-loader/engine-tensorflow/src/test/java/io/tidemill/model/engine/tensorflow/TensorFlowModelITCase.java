package io.tidemill.model.engine.tensorflow;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.randomFloats;
import static io.tidemill.model.engine.TypedValues.read;
import static io.tidemill.model.engine.TypedValues.text;
import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Batchifier;
import ai.djl.translate.NoopTranslator;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.TensorModelContract;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorFlowModelITCase extends TensorModelContract {
  TensorFlowModelITCase() {
    super(new TensorFlowEngine());
  }

  @Override
  protected Signature writeModel(Path folder) {
    return SavedModels.mlp(folder, 32);
  }

  @Override
  protected Signature identity(Path folder, ElementType type) {
    return SavedModels.identity(folder, type);
  }

  @Override
  protected Signature anyWidth(Path folder) {
    return SavedModels.anyWidth(folder);
  }

  @Override
  protected Signature onlyPositive(Path folder) {
    return SavedModels.onlyPositive(folder);
  }

  @Override
  protected Signature huge(Path folder) {
    return SavedModels.huge(folder);
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class, names = "STRING", mode = EnumSource.Mode.EXCLUDE)
  void computesWithEveryTypeOfFixedWidth(ElementType type) {
    Signature signature = SavedModels.reverse(directory, type);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      write(input, type, 4, 0);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        for (int i = 0; i < 12; i++) {
          assertThat(read(output, type, i)).isEqualTo(expected(type, (3 - i / 3) * 3 + i % 3));
          assertThat(read(input, type, i)).isEqualTo(expected(type, i));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"STRING", "BOOL"},
      mode = EnumSource.Mode.EXCLUDE)
  void castsEveryTypeOfNumbersToAndFro(ElementType type) {
    Signature signature = SavedModels.casts(directory, type);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      write(input, type, 2, 0);
      for (int i = 0; i < 6; i++) {
        double number = ((Number) expected(type, i + 100)).doubleValue();
        input.fixedWidth(1).setDouble(i, number);
      }
      input.rows(2);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        for (int i = 0; i < 6; i++) {
          assertThat(output.fixedWidth(0).getDouble(i))
              .isEqualTo(((Number) expected(type, i)).doubleValue());
          assertThat(output.fixedWidth(1).number(i).doubleValue())
              .isEqualTo(((Number) expected(type, i + 100)).doubleValue());
        }
      }
    }
  }

  @Test
  void givesEveryCallTheConstants() {
    Signature signature = SavedModels.scaled(directory);
    try (Model model = Loading.load(directory, signature)) {
      for (int rows : new int[] {1, 2, 2, 5}) {
        try (ColumnBatch input =
            ColumnBatch.allocate(allocator.get(), signature.inputColumns(), rows)) {
          input.fixedWidth(0).setFloats((rows - 1) * 3, new float[] {2f, 4f, 6f}, 0, 3);
          input.rows(rows);
          try (ColumnBatch output = model.predict(input, allocator.get())) {
            float[] last = new float[3];
            output.fixedWidth(0).getFloats((rows - 1) * 3, last, 0, 3);
            assertThat(last).containsExactly(2f, 4f, 6f);
            assertThat(text(output.strings(1), rows - 1)).isEqualTo("€ per hour");
          }
        }
      }
    }
  }

  @Test
  void aConstantThatIsHandedThroughIsMemoryOfItsOwn() {
    Signature signature = SavedModels.handedThrough(directory);
    ColumnBatch output;
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      input.rows(2);
      output = model.predict(input, allocator.get());
      output.fixedWidth(1).setFloat(0, 1f);
      model.predict(input, allocator.get()).close();
      try (ColumnBatch again = model.predict(input, allocator.get())) {
        assertThat(again.fixedWidth(1).getFloat(0)).isEqualTo(7f);
      }
    }
    assertThat(output.fixedWidth(1).getFloat(1)).isEqualTo(8f);
    output.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 500})
  void answersExactlyWhatDjlAnswers(int rows) throws Exception {
    Signature signature = SavedModels.mlp(directory, 32);
    float[] features = randomFloats(rows * 32);

    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 512)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        float[] scores = new float[rows];
        output.fixedWidth(0).getFloats(0, scores, 0, rows);

        assertThat(scores).containsExactly(scoresByDjl(features, rows));
      }
    }
  }

  private float[] scoresByDjl(float[] features, int rows) throws Exception {
    Criteria<NDList, NDList> criteria =
        Criteria.builder()
            .setTypes(NDList.class, NDList.class)
            .optEngine("TensorFlow")
            .optModelPath(directory)
            .optTranslator(new NoopTranslator((Batchifier) null))
            .build();
    try (ZooModel<NDList, NDList> djl = criteria.loadModel();
        Predictor<NDList, NDList> predictor = djl.newPredictor();
        NDManager manager = djl.getNDManager().newSubManager()) {
      NDList batch = new NDList(manager.create(features, new Shape(rows, 32)));
      return predictor.predict(batch).singletonOrThrow().toFloatArray();
    }
  }

  @Test
  void keepsTheOrderOfSeveralInputsAndOutputs() {
    SavedModels.twoByTwo(directory);
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
  void answersStringsOfAnyLength() {
    Signature signature = SavedModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 3)) {
      input.fixedWidth(0).setInts(0, new int[] {2, 1, 0}, 0, 3);
      input.rows(3);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(text(output.strings(0), 0)).isEqualTo("a letter of more than twenty-two bytes");
        assertThat(text(output.strings(0), 1)).isEmpty();
        assertThat(text(output.strings(0), 2)).isEqualTo("a");
      }
    }
  }

  @Test
  void namesModelRowsAndReasonOfFailedCallAndThenGoesOn() {
    Signature signature = SavedModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      input.fixedWidth(0).setInts(0, new int[] {0, 3}, 0, 2);
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageStartingWith("fraud:1.4.2: TensorFlow failed a call with 2 rows: ")
          .hasMessageContaining("indices[1] = 3 is not in [0, 3)");

      input.rows(1);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(text(output.strings(0), 0)).isEqualTo("a");
      }
    }
  }
}
