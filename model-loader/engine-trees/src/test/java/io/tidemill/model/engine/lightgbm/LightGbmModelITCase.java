package io.tidemill.model.engine.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.tidemill.model.Model;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.ModelContract;
import io.tidemill.model.engine.SavedModel;
import io.tidemill.model.engine.lightgbm.Boosters.Objective;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LightGbmModelITCase extends ModelContract {
  LightGbmModelITCase() {
    super(new LightGbmEngine());
  }

  @Override
  protected Signature writeModel(Path folder) throws Exception {
    Boosters.train(folder, Objective.REGRESSION).close();
    return Boosters.SINGLE;
  }

  static Stream<Arguments> objectives() {
    return Stream.of(Objective.values())
        .flatMap(objective -> Stream.of(1, 7, 512).map(rows -> Arguments.of(objective, rows)));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void answersExactlyWhatLightGbmAnswers(Objective objective, int rows) throws Exception {
    float[] features = Boosters.features(rows, rows);

    Boosters.train(directory, objective).close();
    try (Model model = Boosters.load(directory, objective.signature())) {
      assertThat(predict(model, features))
          .containsExactly(
              Boosters.predict(directory.resolve("model.txt"), features, objective.classes));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2.1.250, binary.txt", "2.1.250, classes.txt",
    "2.3.180, binary.txt", "2.3.180, classes.txt",
    "3.2.110, binary.txt", "3.2.110, classes.txt",
  })
  void answersExactlyWhatTheVersionAnsweredThatSavedIt(String version, String file)
      throws Exception {
    SavedModel saved = new SavedModel(Boosters.class, version, file);
    Files.write(directory.resolve(file), saved.bytes());
    Signature signature = new LightGbmEngine().signature(directory).orElseThrow();

    try (Model model = Boosters.load(directory, signature)) {
      double[] scores = predict(model, Boosters.features(20, 4, 5));

      assertThat(Arrays.stream(scores).mapToObj(String::valueOf)).containsExactly(saved.scores());
    }
  }

  /** The text as Windows keeps it, and as LightGBM before 2.1.2 wrote it. */
  static List<UnaryOperator<String>> otherTexts() {
    return List.of(
        text -> text.replace("\n", "\r\n"),
        text -> "\ufeff" + text,
        text -> "\ufeff" + text.replace("\n", "\r\n"),
        text -> text.replace("end of trees\n\nfeature_importances:", "\nfeature importances:"));
  }

  @ParameterizedTest
  @MethodSource("otherTexts")
  void answersTheSameFromAnOtherText(UnaryOperator<String> other) throws Exception {
    Boosters.train(directory, Objective.CLASSES).close();
    Path file = directory.resolve("model.txt");
    float[] features = Boosters.features(7, 3);
    double[] scores = Boosters.predict(file, features, 3);
    String text = Files.readString(file);
    Files.writeString(file, other.apply(text));
    assertThat(file).content().isNotEqualTo(text);
    assertThat(new LightGbmEngine().detect(file)).isPresent();

    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      assertThat(predict(model, features)).containsExactly(scores);
    }
  }

  @Test
  void readsDoublesWhereTheManifestSaysSo() throws Exception {
    double[] features = new double[7 * Boosters.FEATURES];
    Arrays.setAll(features, i -> i % 10 == 0 ? Double.NaN : Math.sin(i));
    Signature doubles =
        new Signature(
            List.of(TensorSpec.of("features", ElementType.FLOAT64, -1, Boosters.FEATURES)),
            Boosters.SINGLE.outputs());

    try (LGBMBooster booster = Boosters.train(directory, Objective.BINARY);
        Model model = Boosters.load(directory, doubles);
        ColumnBatch input = ColumnBatch.allocate(allocator.get(), doubles.inputColumns(), 7)) {
      input.fixedWidth(0).setDoubles(0, features, 0, features.length);
      input.rows(7);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        double[] scores = new double[7];
        output.fixedWidth(0).getDoubles(0, scores, 0, 7);
        assertThat(scores)
            .containsExactly(
                booster.predictForMat(
                    features, 7, Boosters.FEATURES, true, PredictionType.C_API_PREDICT_NORMAL));
      }
    }
  }

  @Test
  void missingValueIsNotZero() throws Exception {
    Boosters.train(directory, Objective.REGRESSION).close();
    float[] rows = new float[2 * Boosters.FEATURES];
    Arrays.fill(rows, 0, Boosters.FEATURES, Float.NaN);

    try (Model model = Boosters.load(directory, Boosters.SINGLE)) {
      double[] scores = predict(model, rows);

      assertThat(scores[0]).isFinite().isNotEqualTo(scores[1]);
    }
  }

  @Test
  void probabilitiesOfARowAddUpToOne() throws Exception {
    Boosters.train(directory, Objective.CLASSES).close();

    try (Model model = Boosters.load(directory, Boosters.TRIPLE)) {
      double[] scores = predict(model, Boosters.features(5, 3));

      for (int row = 0; row < 5; row++) {
        assertThat(scores[row * 3] + scores[row * 3 + 1] + scores[row * 3 + 2])
            .isBetween(0.9999999, 1.0000001);
      }
    }
  }

  @Test
  void takesARowWithOrWithoutADimensionForItsOnlyElement() throws Exception {
    Boosters.train(directory, Objective.BINARY).close();
    Signature withDimension =
        new Signature(
            List.of(Boosters.INPUT), List.of(TensorSpec.of("score", ElementType.FLOAT64, -1, 1)));

    try (Model model = Boosters.load(directory, withDimension)) {
      assertThat(predict(model, Boosters.features(4, 3))).hasSize(4);
    }
  }

  private double[] predict(Model model, float[] features) {
    int rows = features.length / model.signature().inputs().get(0).column().elementsPerRow();
    try (ColumnBatch input =
        ColumnBatch.allocate(allocator.get(), model.signature().inputColumns(), rows + 3)) {
      input.fixedWidth(0).setFloats(0, features, 0, features.length);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, allocator.get())) {
        assertThat(output.rows()).isEqualTo(rows);
        double[] scores = new double[rows * output.column(0).spec().elementsPerRow()];
        output.fixedWidth(0).getDoubles(0, scores, 0, scores.length);
        return scores;
      }
    }
  }
}
