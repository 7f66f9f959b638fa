package io.tidemill.model.engine.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.ModelContract;
import io.tidemill.model.engine.SavedModel;
import io.tidemill.model.engine.xgboost.Boosters.Objective;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.DMatrix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class XGBoostModelITCase extends ModelContract {
  XGBoostModelITCase() {
    super(new XGBoostEngine());
  }

  @Override
  protected Signature writeModel(Path folder) throws Exception {
    Boosters.train(folder, "model.ubj", Objective.REGRESSION).dispose();
    return Boosters.SINGLE;
  }

  static Stream<Arguments> objectives() {
    return Stream.of(Objective.values())
        .flatMap(
            objective ->
                Stream.of(1, 7, 512)
                    .flatMap(
                        rows ->
                            Stream.of("model.ubj", "model.json")
                                .map(file -> Arguments.of(objective, rows, file))));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void answersExactlyWhatXGBoostAnswers(Objective objective, int rows, String file)
      throws Exception {
    var booster = Boosters.train(directory, file, objective);
    float[] features = Boosters.features(rows, rows);

    try (Model model = Boosters.load(directory, objective.signature())) {
      float[] scores = predict(model, features);

      assertThat(scores)
          .containsExactly(
              flat(booster.inplace_predict(features, rows, Boosters.FEATURES, Float.NaN)));
      DMatrix matrix = new DMatrix(features, rows, Boosters.FEATURES, Float.NaN);
      assertThat(scores).containsExactly(flat(booster.predict(matrix)));
      matrix.dispose();
    }
    booster.dispose();
  }

  static Stream<Arguments> saved() {
    return Stream.of("1.6.2", "1.7.6", "2.1.4", "3.0.4", "3.1.1", "3.2.0")
        .flatMap(
            version ->
                Stream.of("binary.json", "dart.json", "classes.ubj")
                    .map(file -> Arguments.of(version, file)));
  }

  @ParameterizedTest
  @MethodSource("saved")
  void answersExactlyWhatTheVersionAnsweredThatSavedIt(String version, String file)
      throws Exception {
    SavedModel saved = new SavedModel(Boosters.class, version, file);
    Files.write(directory.resolve(file), saved.bytes());
    Signature signature = new XGBoostEngine().signature(directory).orElseThrow();

    try (Model model = Boosters.load(directory, signature)) {
      float[] scores = predict(model, Boosters.features(20, 4, 5));

      assertThat(IntStream.range(0, scores.length).mapToObj(i -> String.valueOf(scores[i])))
          .containsExactly(saved.scores());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.ubj", "model.json"})
  void addsUpTheTreesOfIterationsUpToTheBestOne(String file) throws Exception {
    var booster = Boosters.train(directory, file, Objective.PROBABILITIES);
    booster.setAttr("best_iteration", "3");
    booster.saveModel(directory.resolve(file).toString());
    float[] features = Boosters.features(9, 5);
    DMatrix matrix = new DMatrix(features, 9, Boosters.FEATURES, Float.NaN);

    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      assertThat(predict(model, features))
          .containsExactly(flat(booster.predict(matrix, false, 4)))
          .isNotEqualTo(flat(booster.predict(matrix)));
    }
    matrix.dispose();
    booster.dispose();
  }

  @Test
  void predictsWithDroppedTreesToo() throws Exception {
    Map<String, Object> dart =
        Map.of("booster", "dart", "objective", "binary:logistic", "rate_drop", 0.5, "seed", 3);
    var booster = Boosters.train(directory, "model.json", dart);
    float[] features = Boosters.features(9, 5);

    try (Model model = Boosters.load(directory, Boosters.SINGLE)) {
      assertThat(predict(model, features))
          .containsExactly(
              flat(booster.inplace_predict(features, 9, Boosters.FEATURES, Float.NaN)));
    }
    booster.dispose();
  }

  @Test
  void missingValueIsNotZero() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.REGRESSION).dispose();
    float[] rows = new float[2 * Boosters.FEATURES];
    Arrays.fill(rows, 0, Boosters.FEATURES, Float.NaN);

    try (Model model = Boosters.load(directory, Boosters.SINGLE)) {
      float[] scores = predict(model, rows);

      assertThat(scores[0]).isFinite().isNotEqualTo(scores[1]);
    }
  }

  @Test
  void probabilitiesOfARowAddUpToOne() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.PROBABILITIES).dispose();

    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      float[] scores = predict(model, Boosters.features(5, 3));

      for (int row = 0; row < 5; row++) {
        assertThat(scores[row * 3] + scores[row * 3 + 1] + scores[row * 3 + 2])
            .isBetween(0.9999f, 1.0001f);
      }
    }
  }

  @Test
  void takesARowWithOrWithoutADimensionForItsOnlyElement() throws Exception {
    Boosters.train(directory, "model.ubj", Objective.BINARY).dispose();
    Signature withDimension =
        new Signature(
            List.of(Boosters.INPUT), List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)));

    try (Model model = Boosters.load(directory, withDimension)) {
      assertThat(predict(model, Boosters.features(4, 3))).hasSize(4);
    }
  }

  private float[] predict(Model model, float[] features) {
    int rows = features.length / model.signature().inputs().get(0).column().elementsPerRow();
    try (ColumnBatch input =
        ColumnBatch.allocate(allocator.get(), model.signature().inputColumns(), rows + 3)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.rows()).isEqualTo(rows);
        float[] scores = new float[rows * output.column(0).spec().elementsPerRow()];
        output.fixedWidth(0).getFloats(0, scores, 0, scores.length);
        return scores;
      }
    }
  }

  private static float[] flat(float[][] rows) {
    float[] values = new float[rows.length * rows[0].length];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, values, row * rows[row].length, rows[row].length);
    }
    return values;
  }
}
