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
import io.tidemill.model.ModelOutOfMemoryException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ColumnSpec;
import io.tidemill.model.columnar.ElementType;
import java.nio.file.Path;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorFlowModelITCase {

  @TempDir Path directory;
  private BufferAllocator allocator;

  @BeforeEach
  void openAllocator() {
    allocator = ColumnMemory.child("test", Long.MAX_VALUE);
  }

  @AfterEach
  void closeAllocatorWithNothingOutstanding() {
    allocator.close();
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class)
  void answersRowsOfEveryTypeInMemoryOfItsOwn(ElementType type) {
    Signature signature = SavedModels.identity(directory, type);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 8)) {
      write(input, type, 5, 0);

      try (ColumnBatch output = model.predict(input, allocator)) {
        input.reset();
        write(input, type, 5, 100);

        assertThat(output.rows()).isEqualTo(5);
        for (int i = 0; i < 15; i++) {
          assertThat(read(output, type, i)).isEqualTo(expected(type, i));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = ElementType.class, names = "STRING", mode = EnumSource.Mode.EXCLUDE)
  void computesWithEveryTypeOfFixedWidth(ElementType type) {
    Signature signature = SavedModels.reverse(directory, type);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 4)) {
      write(input, type, 4, 0);

      try (ColumnBatch output = model.predict(input, allocator)) {
        for (int i = 0; i < 12; i++) {
          assertThat(read(output, type, i)).isEqualTo(expected(type, (3 - i / 3) * 3 + i % 3));
          assertThat(read(input, type, i)).isEqualTo(expected(type, i));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 500})
  void answersExactlyWhatDjlAnswers(int rows) throws Exception {
    Signature signature = SavedModels.mlp(directory, 32);
    float[] features = randomFloats(rows * 32);

    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 512)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator)) {
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
        ColumnBatch input = ColumnBatch.allocate(allocator, swapped.inputColumns(), 1)) {
      input.fixedWidth(0).setFloat(0, 3f);
      input.fixedWidth(1).setFloat(0, 4f);
      input.rows(1);

      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output.fixedWidth(0).getFloat(0)).isEqualTo(12f);
        assertThat(output.fixedWidth(1).getFloat(0)).isEqualTo(7f);
      }
    }
  }

  @Test
  void takesTheWidthOfTheColumnWhereTheSignatureLeavesItOpen() {
    Signature signature = SavedModels.anyWidth(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input =
            ColumnBatch.allocate(
                allocator, List.of(new ColumnSpec("values", ElementType.FLOAT32, 3)), 2)) {
      input.fixedWidth(0).setFloats(0, new float[] {1, 2, 3, 4, 5, 6}, 0, 6);
      input.rows(2);

      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output.column(0).spec().elementsPerRow()).isEqualTo(3);
        assertThat(output.fixedWidth(0).getFloat(5)).isEqualTo(12f);
      }
    }
  }

  @Test
  void answersStringsOfAnyLength() {
    Signature signature = SavedModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 3)) {
      input.fixedWidth(0).setInts(0, new int[] {2, 1, 0}, 0, 3);
      input.rows(3);

      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(text(output.strings(0), 0)).isEqualTo("a letter of more than twenty-two bytes");
        assertThat(text(output.strings(0), 1)).isEmpty();
        assertThat(text(output.strings(0), 2)).isEqualTo("a");
      }
    }
  }

  @Test
  void saysHowManyRowsReallyCameBack() {
    Signature signature = SavedModels.onlyPositive(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 4)) {
      input.fixedWidth(0).setFloats(0, new float[] {-1, 5, -1, 6}, 0, 4);
      input.rows(4);

      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(output.rows()).isEqualTo(2);
        assertThat(output.fixedWidth(0).getFloat(1)).isEqualTo(6f);
      }
    }
  }

  @Test
  void namesModelRowsAndReasonOfFailedCallAndThenGoesOn() {
    Signature signature = SavedModels.letters(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 2)) {
      input.fixedWidth(0).setInts(0, new int[] {0, 3}, 0, 2);
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator))
          .isInstanceOf(ModelCallException.class)
          .hasMessageStartingWith("fraud:1.4.2: TensorFlow failed a call with 2 rows: ")
          .hasMessageContaining("indices[1] = 3 is not in [0, 3)");

      input.rows(1);
      try (ColumnBatch output = model.predict(input, allocator)) {
        assertThat(text(output.strings(0), 0)).isEqualTo("a");
      }
    }
  }

  @Test
  void saysThatTensorFlowRanOutOfMemory() {
    Signature signature = SavedModels.huge(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1000)) {
      input.rows(1000);

      assertThatThrownBy(() -> model.predict(input, allocator))
          .isInstanceOf(ModelOutOfMemoryException.class)
          .hasMessageContaining("fraud:1.4.2")
          .hasMessageContaining("1000 rows");
    }
  }

  @Test
  void saysThatTheAllocatorHasNoRoomForTheResult() {
    Signature signature = SavedModels.reverse(directory, ElementType.FLOAT64);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1000);
        BufferAllocator small = ColumnMemory.child("small", 1000)) {
      input.rows(1000);

      assertThatThrownBy(() -> model.predict(input, small))
          .isInstanceOf(ModelOutOfMemoryException.class)
          .hasMessageContaining("fraud:1.4.2: no memory for the result of 1000 rows");
      assertThat(small.getAllocatedMemory()).isZero();
    }
  }

  @Test
  void refusesOutputThatIsNotWhatTheSignatureSays() {
    SavedModels.anyWidth(directory);
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("values", ElementType.FLOAT32, -1, 3)),
            List.of(TensorSpec.of("doubled", ElementType.FLOAT32, -1, 4)));
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 2)) {
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator))
          .isInstanceOf(ModelCallException.class)
          .hasMessageContaining(
              "output 'doubled' came back as float32[2, 3] but is doubled float32[-1, 4]");
    }
  }

  @Test
  void refusesBatchThatWouldBeReadPastItsEnd() {
    Signature signature = SavedModels.mlp(directory, 32);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch narrow =
            ColumnBatch.allocate(
                allocator, List.of(new ColumnSpec("features", ElementType.FLOAT32, 31)), 1);
        ColumnBatch empty = ColumnBatch.allocate(allocator, signature.inputColumns(), 1)) {
      narrow.rows(1);

      assertThatThrownBy(() -> model.predict(narrow, allocator))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("input 'features': 31 elements of float32 per row");
      assertThatThrownBy(() -> model.predict(empty, allocator))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("0 rows");
    }
  }

  @Test
  void refusesCallsOnceClosed() {
    Signature signature = SavedModels.mlp(directory, 2);
    Model model = Loading.load(directory, signature);
    model.close();
    model.close();

    try (ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 1)) {
      input.rows(1);
      assertThatThrownBy(() -> model.predict(input, allocator))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("fraud:1.4.2: closed");
    }
  }

  @Test
  void resultOutlivesTheModel() {
    Signature signature = SavedModels.reverse(directory, ElementType.FLOAT64);
    try (ColumnBatch input = ColumnBatch.allocate(allocator, signature.inputColumns(), 4)) {
      write(input, ElementType.FLOAT64, 4, 0);
      ColumnBatch output;
      try (Model model = Loading.load(directory, signature)) {
        output = model.predict(input, allocator);
      }

      assertThat(output.fixedWidth(0).getDouble(0)).isEqualTo(9.0);
      output.close();
    }
  }
}
