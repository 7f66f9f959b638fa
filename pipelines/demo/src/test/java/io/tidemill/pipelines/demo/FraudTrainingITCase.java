package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;

final class FraudTrainingITCase {
  @TempDir Path temporary;

  @Test
  void trainedModelScoresFraudHigherAndLoadsFromItsFolder() {
    List<Integer> steps = new ArrayList<>();

    FraudTraining.Trained trained =
        new FraudTraining(new Transactions(1), 2).train(temporary.resolve("fraud"), steps::add);

    assertThat(trained.auc()).as("%s", trained).isBetween(0.88, 0.95);
    assertThat(trained.duration()).isPositive().isLessThan(Duration.ofMinutes(10));
    assertThat(steps).startsWith(0).endsWith(FraudTraining.STEPS).isSorted();
    assertThat(temporary.resolve("fraud/saved_model.pb")).isRegularFile();
    assertThat(scores(trained.savedModel(), 12f, 14f, 3f, 0.05f, 900f, 3f, 800f, 0.95f))
        .satisfies(
            scores -> {
              assertThat(scores[0]).isBetween(0f, 0.05f);
              assertThat(scores[1]).isBetween(0.5f, 1f);
            });
  }

  private static float[] scores(Path savedModel, float... features) {
    int rows = features.length / 4;
    try (SavedModelBundle bundle = SavedModelBundle.load(savedModel.toString(), "serve");
        TFloat32 input = TFloat32.tensorOf(Shape.of(rows, 4), DataBuffers.of(features));
        Result result = bundle.function("serving_default").call(Map.of("features", input))) {
      TFloat32 score = (TFloat32) result.get("score").orElseThrow();
      assertThat(score.shape()).isEqualTo(Shape.of(rows, 1));
      float[] scores = new float[rows];
      for (int row = 0; row < rows; row++) {
        scores[row] = score.getFloat(row, 0);
      }
      return scores;
    }
  }
}
