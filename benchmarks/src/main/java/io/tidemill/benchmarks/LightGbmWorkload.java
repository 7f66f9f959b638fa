package io.tidemill.benchmarks;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMBooster.FeatureImportanceType;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.github.metarank.lightgbm4j.LGBMException;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.lightgbm.LightGbmEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A hundred trees of 63 leaves, with one thread. By itself, lightgbm4j predicts from an array that
 * was filled once and answers another; it has no call that takes direct memory.
 */
record LightGbmWorkload() implements EngineWorkload {
  private static final String FILE = "model.txt";
  private static final String TRAINING =
      "objective=binary num_leaves=63 num_threads=1 verbosity=-1";

  @Override
  public String engine() {
    return "lightgbm";
  }

  @Override
  public Signature write(Path folder) {
    try (LGBMDataset dataset =
        LGBMDataset.createFromMat(
            TreesTraining.features(), TreesTraining.ROWS, FEATURES, true, TRAINING, null)) {
      dataset.setField("label", TreesTraining.labels());
      try (LGBMBooster booster = LGBMBooster.create(dataset, TRAINING)) {
        for (int tree = 0; tree < TreesTraining.TREES; tree++) {
          booster.updateOneIter();
        }
        Files.createDirectories(folder);
        Files.writeString(
            folder.resolve(FILE), booster.saveModelToString(0, -1, FeatureImportanceType.SPLIT));
      }
    } catch (IOException | LGBMException e) {
      throw new IllegalStateException(folder + ": no booster can be written", e);
    }
    return new LightGbmEngine().signature(folder).orElseThrow();
  }

  @Override
  public Engine served() {
    return new LightGbmEngine();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception {
    LGBMBooster booster = LGBMBooster.createFromModelfile(folder.resolve(FILE).toString());
    float[] values = new float[rows * FEATURES];
    features.asFloatBuffer().get(values);
    return new RawCalls() {
      private double[] scores = {};

      @Override
      public void call() throws Exception {
        scores =
            booster.predictForMat(
                values,
                rows,
                FEATURES,
                true,
                PredictionType.C_API_PREDICT_NORMAL,
                "num_threads=1 verbosity=-1");
      }

      @Override
      public double score(int row) {
        return scores[row];
      }

      @Override
      public void close() throws Exception {
        booster.close();
      }
    };
  }
}
