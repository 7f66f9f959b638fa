package io.tidemill.model.engine.pytorch;

import static io.tidemill.model.engine.TypedValues.expected;
import static io.tidemill.model.engine.TypedValues.read;
import static io.tidemill.model.engine.TypedValues.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
import io.tidemill.model.engine.TypedValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PyTorchModelITCase extends TensorModelContract {
  PyTorchModelITCase() {
    super(new PyTorchEngine());
  }

  @Override
  protected boolean has(ElementType type) {
    return PyTorchEngine.TYPES.contains(type);
  }

  @Override
  protected Signature writeModel(Path folder) {
    return TorchScripts.mlp(folder, 32);
  }

  @Override
  protected Signature identity(Path folder, ElementType type) {
    return TorchScripts.identity(folder, type);
  }

  @Override
  protected Signature anyWidth(Path folder) {
    return TorchScripts.anyWidth(folder);
  }

  @Override
  protected Signature onlyPositive(Path folder) {
    return TorchScripts.onlyPositive(folder);
  }

  @Override
  protected Signature huge(Path folder) {
    return TorchScripts.huge(folder);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void computesWithEveryTypeAndLeavesItsInputAlone(ElementType type) {
    assumeTrue(has(type));
    Signature signature = TorchScripts.reverse(directory, type);
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

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 500})
  void answersExactlyWhatDjlAnswers(int rows) throws Exception {
    Signature signature = TorchScripts.mlp(directory, 32);
    float[] features = TypedValues.randomFloats(rows * 32);

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
            .optEngine("PyTorch")
            .optDevice(ai.djl.Device.cpu())
            .optModelPath(directory.resolve(TorchScripts.FILE))
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
  void takesSeveralInputsAndOutputsInTheirOrder() {
    Signature signature = TorchScripts.twoByTwo(directory);
    assertThat(scoresOfThreeAndFour(signature)).containsExactly(7f, 12f);

    Signature sumOnly = new Signature(signature.inputs(), List.of(signature.outputs().get(0)));
    assertThat(scoresOfThreeAndFour(sumOnly)).containsExactly(7f);
  }

  @Test
  void findsOutputsOfADictionaryByTheirNames() {
    Signature signature = TorchScripts.twoByTwoByName(directory);
    assertThat(scoresOfThreeAndFour(signature)).containsExactly(7f, 12f);

    Signature productOnly = new Signature(signature.inputs(), List.of(signature.outputs().get(1)));
    assertThat(scoresOfThreeAndFour(productOnly)).containsExactly(12f);
  }

  private float[] scoresOfThreeAndFour(Signature signature) {
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 1)) {
      input.fixedWidth(0).setFloat(0, 3f);
      input.fixedWidth(1).setFloat(0, 4f);
      input.rows(1);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        float[] scores = new float[output.columns()];
        for (int i = 0; i < scores.length; i++) {
          scores[i] = output.fixedWidth(i).getFloat(0);
        }
        return scores;
      }
    }
  }

  @Test
  void saysWhichOutputDidNotComeBack() {
    Signature tuple = TorchScripts.twoByTwo(directory.resolve("tuple"));
    Signature names = TorchScripts.twoByTwoByName(directory.resolve("names"));
    TensorSpec third = TensorSpec.of("third", ElementType.FLOAT32, -1);
    try (Model byPosition = Loading.load(directory.resolve("tuple"), with(tuple, third));
        Model byName = Loading.load(directory.resolve("names"), with(names, third));
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), tuple.inputColumns(), 1)) {
      input.rows(1);

      assertThatThrownBy(() -> byPosition.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageContaining("output 'sum' did not come back: forward answered 2 tensors");
      assertThatThrownBy(() -> byName.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageContaining("output 'third' did not come back: forward answered [")
          .hasMessageContaining("(expected: a tensor for each of 3 outputs)");
    }
  }

  private static Signature with(Signature signature, TensorSpec output) {
    List<TensorSpec> outputs = new ArrayList<>(signature.outputs());
    outputs.add(output);
    return new Signature(signature.inputs(), outputs);
  }

  @Test
  void answersElementsThatDoNotLieOneAfterAnother() {
    Signature signature = TorchScripts.scattered(directory, ElementType.INT64);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      write(input, ElementType.INT64, 4, 0);

      try (ColumnBatch output = model.predict(input, allocator.get())) {
        for (int i = 0; i < 12; i++) {
          assertThat(output.fixedWidth(0).getLong(i)).isEqualTo(i / 3 * 3 + 2 - i % 3);
        }
      }
    }
  }

  @Test
  void scoresEachCallByItselfThoughTheModuleChangesTheShapeOfItsInput() {
    Signature signature = TorchScripts.reshaping(directory, ElementType.INT32);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 4)) {
      for (int first : new int[] {0, 100, 200}) {
        write(input, ElementType.INT32, 4, first);

        try (ColumnBatch output = model.predict(input, allocator.get())) {
          assertThat(output.rows()).isEqualTo(4);
          assertThat(output.fixedWidth(0).getInt(11)).isEqualTo(first + 11);
        }
      }
    }
  }

  @Test
  void namesModelRowsAndReasonOfFailedCallAndThenGoesOn() {
    Signature signature = TorchScripts.lookup(directory);
    try (Model model = Loading.load(directory, signature);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), signature.inputColumns(), 2)) {
      input.fixedWidth(0).setLongs(0, new long[] {0, 3}, 0, 2);
      input.rows(2);

      assertThatThrownBy(() -> model.predict(input, allocator.get()))
          .isInstanceOf(ModelCallException.class)
          .hasMessageStartingWith("fraud:1.4.2: PyTorch failed a call with 2 rows: ")
          .hasMessageContaining("index out of range");

      input.rows(1);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.rows()).isEqualTo(1);
      }
    }
  }
}
