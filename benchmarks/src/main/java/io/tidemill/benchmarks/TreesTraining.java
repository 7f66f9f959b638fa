package io.tidemill.benchmarks;

import java.util.Random;

/** What boosted trees are trained on: whether the first two of the features add up to much. */
final class TreesTraining {
  static final int ROWS = 2_000;
  static final int TREES = 100;

  private static final long SEED = 42;

  private TreesTraining() {}

  /** Rows of {@link EngineWorkload#FEATURES}, the same at every call. */
  static float[] features() {
    Random random = new Random(SEED);
    float[] values = new float[ROWS * EngineWorkload.FEATURES];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  /** The label of each row. */
  static float[] labels() {
    float[] features = features();
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      int first = row * EngineWorkload.FEATURES;
      labels[row] = features[first] + features[first + 1] > 1 ? 1 : 0;
    }
    return labels;
  }
}
