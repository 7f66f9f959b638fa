package io.tidemill.model.engine.tensorflow;

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
import io.tidemill.model.columnar.StringColumn;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TensorFlowModelITCase {
  private static final long SEED = 7;

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

  private static void write(ColumnBatch batch, ElementType type, int rows, int offset) {
    for (int i = 0; i < rows * 3; i++) {
      int value = i + offset;
      switch (type) {
        case FLOAT32 -> batch.fixedWidth(0).setFloat(i, value);
        case FLOAT64 -> batch.fixedWidth(0).setDouble(i, value);
        case INT32 -> batch.fixedWidth(0).setInt(i, value);
        case INT64 -> batch.fixedWidth(0).setLong(i, value);
        case UINT8 -> batch.fixedWidth(0).setByte(i, (byte) (value + 200));
        case BOOL -> batch.fixedWidth(0).setBoolean(i, value % 2 == 0);
        case STRING -> {
          byte[] bytes = string(value).getBytes(StandardCharsets.UTF_8);
          batch.strings(0).append(bytes, 0, bytes.length);
        }
      }
    }
    batch.rows(rows);
  }

  private static Object expected(ElementType type, int value) {
    return switch (type) {
      case FLOAT32 -> (float) value;
      case FLOAT64 -> (double) value;
      case INT32 -> value;
      case INT64 -> (long) value;
      case UINT8 -> (byte) (value + 200);
      case BOOL -> value % 2 == 0;
      case STRING -> string(value);
    };
  }

  private static Object read(ColumnBatch batch, ElementType type, int index) {
    return switch (type) {
      case FLOAT32 -> batch.fixedWidth(0).getFloat(index);
      case FLOAT64 -> batch.fixedWidth(0).getDouble(index);
      case INT32 -> batch.fixedWidth(0).getInt(index);
      case INT64 -> batch.fixedWidth(0).getLong(index);
      case UINT8 -> batch.fixedWidth(0).getByte(index);
      case BOOL -> batch.fixedWidth(0).getBoolean(index);
      case STRING -> text(batch.strings(0), index);
    };
  }

  /** Lengths 0 to about 60, on both sides of what TensorFlow keeps inside its structure. */
  private static String string(int value) {
    return "é".repeat(value % 31) + (value % 31 == 0 ? "" : value);
  }

  private static String text(StringColumn column, int element) {
    return new String(column.get(element), StandardCharsets.UTF_8);
  }

  private static float[] randomFloats(int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
