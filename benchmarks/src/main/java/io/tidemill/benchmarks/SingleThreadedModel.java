package io.tidemill.benchmarks;

import io.tidemill.model.Model;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.FixedWidthColumn;
import java.util.List;
import java.util.Random;
import org.apache.arrow.memory.BufferAllocator;

/**
 * A network of two hidden layers of 64 in plain Java, which computes in the thread that calls and
 * nowhere else: a few microseconds a record. Engines share threads between calls, so with one of
 * them a second slot would take from the first.
 *
 * <p>Thread-safe.
 */
final class SingleThreadedModel implements Model {
  private static final int HIDDEN = 64;
  private static final long SEED = 42;

  private final ModelVersion version;
  private final Signature signature;
  private final int features;
  private final float[][] first;
  private final float[][] second;
  private final float[][] last;

  /**
   * A network with random weights, the same at every run.
   *
   * @param signature one input of floats and one output of one float per row
   */
  SingleThreadedModel(ModelVersion version, Signature signature) {
    this.version = version;
    this.signature = signature;
    features = signature.inputs().get(0).elementsPerRow();
    Random random = new Random(SEED);
    first = weights(random, HIDDEN, features);
    second = weights(random, HIDDEN, HIDDEN);
    last = weights(random, 1, HIDDEN);
  }

  private static float[][] weights(Random random, int outputs, int inputs) {
    float[][] weights = new float[outputs][inputs];
    for (float[] row : weights) {
      for (int i = 0; i < inputs; i++) {
        row[i] = (float) random.nextGaussian() / inputs;
      }
    }
    return weights;
  }

  @Override
  public ModelVersion version() {
    return version;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public ColumnBatch predict(ColumnBatch input, BufferAllocator allocator) {
    ColumnBatch scores =
        ColumnBatch.allocate(allocator, List.of(signature.outputs().get(0).column()), input.rows());
    FixedWidthColumn from = input.fixedWidth(0);
    FixedWidthColumn to = scores.fixedWidth(0);
    float[] record = new float[features];
    float[] hidden = new float[HIDDEN];
    float[] deeper = new float[HIDDEN];
    float[] score = new float[1];
    for (int row = 0; row < input.rows(); row++) {
      from.getFloats(row * features, record, 0, features);
      layer(first, record, hidden);
      layer(second, hidden, deeper);
      layer(last, deeper, score);
      to.setFloat(row, score[0]);
    }
    scores.rows(input.rows());
    return scores;
  }

  private static void layer(float[][] weights, float[] inputs, float[] outputs) {
    for (int output = 0; output < outputs.length; output++) {
      float sum = 0;
      float[] row = weights[output];
      for (int i = 0; i < inputs.length; i++) {
        sum += row[i] * inputs[i];
      }
      outputs[output] = Math.max(0, sum);
    }
  }

  @Override
  public void close() {}
}
