package io.tidemill.benchmarks;

import io.tidemill.model.Signature;
import io.tidemill.model.engine.Engine;
import io.tidemill.model.engine.xgboost.XGBoostEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import ml.dmlc.xgboost4j.java.XGBoostError;

/**
 * A hundred trees of depth 6, with one thread. By itself, XGBoost's Java API predicts in place from
 * an array that was filled once, its fastest way; it answers an array per row.
 */
record XGBoostWorkload() implements EngineWorkload {
  private static final String FILE = "model.ubj";

  @Override
  public String engine() {
    return "xgboost";
  }

  @Override
  public Signature write(Path folder) {
    try {
      Files.createDirectories(folder);
      DMatrix matrix =
          new DMatrix(TreesTraining.features(), TreesTraining.ROWS, FEATURES, Float.NaN);
      matrix.setLabel(TreesTraining.labels());
      Map<String, Object> parameters =
          Map.of("objective", "binary:logistic", "max_depth", 6, "nthread", 1);
      Booster booster =
          XGBoost.train(matrix, parameters, TreesTraining.TREES, Map.of(), null, null);
      booster.saveModel(folder.resolve(FILE).toString());
      booster.dispose();
      matrix.dispose();
    } catch (IOException | XGBoostError e) {
      throw new IllegalStateException(folder + ": no booster can be written", e);
    }
    return new XGBoostEngine().signature(folder).orElseThrow();
  }

  @Override
  public Engine served() {
    return new XGBoostEngine();
  }

  @Override
  public RawCalls raw(Path folder, ByteBuffer features, int rows) throws Exception {
    Booster booster = XGBoost.loadModel(folder.resolve(FILE).toString());
    booster.setParam("nthread", 1);
    float[] values = new float[rows * FEATURES];
    features.asFloatBuffer().get(values);
    return new RawCalls() {
      private float[][] scores = {};

      @Override
      public void call() throws Exception {
        scores = booster.inplace_predict(values, rows, FEATURES, Float.NaN);
      }

      @Override
      public double score(int row) {
        return scores[row][0];
      }

      @Override
      public void close() {
        booster.dispose();
      }
    };
  }
}
