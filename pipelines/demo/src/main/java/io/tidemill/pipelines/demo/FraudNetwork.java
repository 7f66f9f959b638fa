package io.tidemill.pipelines.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/**
 * The network that scores transactions: features as they come, made comparable by the graph itself,
 * through two hidden layers to one number.
 *
 * <p>Each feature enters twice, as it is and as its logarithm, both centred and scaled by what the
 * training transactions showed. The weights are whatever the caller gives: variables while it
 * learns, constants when it is published.
 *
 * <p>Immutable and so safe for use by several threads.
 */
final class FraudNetwork {
  /** How many features a transaction has. */
  static final int FEATURES = 4;

  private static final int[] WIDTHS = {2 * FEATURES, 32, 16, 1};

  private final float[] centres;
  private final float[] scales;

  /**
   * @param sample rows of features, rows first; centres and scales are taken from it
   */
  FraudNetwork(float[] sample) {
    centres = new float[2 * FEATURES];
    scales = new float[2 * FEATURES];
    int rows = sample.length / FEATURES;
    for (int column = 0; column < 2 * FEATURES; column++) {
      double sum = 0;
      double squares = 0;
      for (int row = 0; row < rows; row++) {
        double value = sample[row * FEATURES + column % FEATURES];
        double seen = column < FEATURES ? value : Math.log1p(Math.max(0, value));
        sum += seen;
        squares += seen * seen;
      }
      double mean = sum / rows;
      centres[column] = (float) mean;
      scales[column] = (float) Math.sqrt(Math.max(1e-12, squares / rows - mean * mean));
    }
  }

  /** Weights to begin to learn from: matrix and bias of each layer in turn. */
  static List<float[][]> initialWeights(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<float[][]> weights = new ArrayList<>();
    for (int layer = 1; layer < WIDTHS.length; layer++) {
      float[][] matrix = new float[WIDTHS[layer - 1]][WIDTHS[layer]];
      double spread = Math.sqrt(2.0 / WIDTHS[layer - 1]);
      for (float[] row : matrix) {
        for (int i = 0; i < row.length; i++) {
          row[i] = (float) (random.nextGaussian() * spread);
        }
      }
      weights.add(matrix);
      weights.add(new float[1][WIDTHS[layer]]);
    }
    return weights;
  }

  /** The logit of fraud, [-1, 1], for features [-1, 4]. */
  Operand<TFloat32> logits(
      Ops tf, Operand<TFloat32> features, List<? extends Operand<TFloat32>> weights) {
    Operand<TFloat32> logarithms = tf.math.log1p(tf.math.maximum(features, tf.constant(0.0f)));
    Operand<TFloat32> layer =
        tf.math.div(
            tf.math.sub(
                tf.concat(List.of(features, logarithms), tf.constant(1)), tf.constant(centres)),
            tf.constant(scales));
    for (int i = 0; i < weights.size(); i += 2) {
      layer = tf.math.add(tf.linalg.matMul(layer, weights.get(i)), weights.get(i + 1));
      if (i + 2 < weights.size()) {
        layer = tf.nn.relu(layer);
      }
    }
    return layer;
  }
}
