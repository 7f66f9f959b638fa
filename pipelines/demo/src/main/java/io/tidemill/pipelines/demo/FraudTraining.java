package io.tidemill.pipelines.demo;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.FloatNdArray;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/**
 * Trains a TensorFlow model on generated transactions, in Java, and writes it as a SavedModel.
 *
 * <p>The model's input is {@value #INPUT}, float32 [-1, 4]: amount, hour, distance_km and
 * merchant_risk; its output is {@value #OUTPUT}, float32 [-1, 1], between 0 and 1. The weights of
 * the written model are constants, so that it needs no variables restored.
 *
 * <p>Immutable and so safe for use by several threads.
 */
final class FraudTraining {
  static final String INPUT = "features";
  static final String OUTPUT = "score";
  static final int STEPS = 1_000;

  private static final String INTEROP_THREADS = "ai.djl.tensorflow.num_interop_threads";
  private static final int ROWS = 60_000;
  private static final int HELD_OUT_ROWS = 20_000;
  private static final int STEP_ROWS = 1_024;
  private static final int PROGRESS_INTERVAL = 25;
  private static final float MOMENTUM = 0.9f;
  private static final float FIRST_RATE = 0.05f;
  private static final float LAST_RATE = 0.002f;

  private final Transactions transactions;
  private final long seed;

  /**
   * @param transactions what is learnt from; not those that are scored later, or the model's
   *     quality would be flattered
   * @param seed of the first weights and of the order of the rows
   */
  FraudTraining(Transactions transactions, long seed) {
    this.transactions = transactions;
    this.seed = seed;
  }

  /**
   * What was trained.
   *
   * @param savedModel the folder of the SavedModel
   * @param rows how many transactions it learnt from
   * @param auc its quality on {@code heldOutRows} transactions that it did not learn from
   */
  record Trained(Path savedModel, int rows, int heldOutRows, double auc, Duration duration) {}

  /**
   * Trains and writes the model. Blocks for some seconds.
   *
   * @param folder where the SavedModel is written; must not exist
   * @param progress is told now and then how many of {@value #STEPS} steps are done
   * @throws UncheckedIOException if the folder cannot be written
   */
  Trained train(Path folder, IntConsumer progress) {
    long beginNanos = System.nanoTime();
    startEngine();
    float[] features = features(0, ROWS);
    float[] labels = labels(0, ROWS);
    FraudNetwork network = new FraudNetwork(features);
    List<TFloat32> weights = new ArrayList<>();
    try {
      weights.addAll(learn(network, features, labels, progress));
      double auc = publish(network, weights, folder);
      return new Trained(
          folder, ROWS, HELD_OUT_ROWS, auc, Duration.ofNanos(System.nanoTime() - beginNanos));
    } finally {
      weights.forEach(TFloat32::close);
    }
  }

  /** Starts TensorFlow as its model loader would, which comes later in this process. */
  private static void startEngine() {
    System.setProperty("ai.djl.offline", "true");
    if (System.getProperty(INTEROP_THREADS) == null) {
      System.setProperty(INTEROP_THREADS, "-1");
    }
    try {
      Engine.getEngine("TensorFlow");
    } catch (EngineException | IllegalArgumentException | LinkageError e) {
      throw new UnavailableHereException(
          "the demo trains a model with TensorFlow, which does not start here: "
              + e.getMessage()
              + " (expected: linux-x86_64, and about 600 MB free in ~/.javacpp)",
          e);
    }
  }

  private List<TFloat32> learn(
      FraudNetwork network, float[] features, float[] labels, IntConsumer progress) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input = rows(tf, INPUT, FraudNetwork.FEATURES);
      Placeholder<TFloat32> label = rows(tf, "label", 1);
      Placeholder<TFloat32> rate =
          tf.withName("rate").placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      List<Variable<TFloat32>> weights = new ArrayList<>();
      for (float[][] weight : FraudNetwork.initialWeights(seed)) {
        weights.add(tf.variable(tf.constant(weight)));
      }
      Operand<TFloat32> logits = network.logits(tf, input, weights);
      Operand<TFloat32> loss =
          tf.math.mean(
              tf.math.sub(tf.math.softplus(logits), tf.math.mul(logits, label)),
              tf.constant(new int[] {0, 1}));
      List<Op> updates = updates(tf, loss, weights, rate);
      try (Session session = new Session(graph)) {
        session.initialize();
        SplittableRandom random = new SplittableRandom(seed);
        for (int step = 0; step < STEPS; step++) {
          step(session, updates, List.of(input, label, rate), features, labels, random, step);
          if (step % PROGRESS_INTERVAL == 0) {
            progress.accept(step);
          }
        }
        progress.accept(STEPS);
        return values(session, weights);
      }
    }
  }

  private static List<Op> updates(
      Ops tf, Operand<TFloat32> loss, List<Variable<TFloat32>> weights, Operand<TFloat32> rate) {
    Iterator<Operand<?>> gradients = tf.gradients(loss, weights).iterator();
    List<Op> updates = new ArrayList<>();
    for (Variable<TFloat32> weight : weights) {
      Operand<TFloat32> gradient = gradients.next().asOutput().expect(TFloat32.class);
      Variable<TFloat32> velocity = tf.variable(tf.constant(NdArrays.ofFloats(weight.shape())));
      updates.add(tf.train.applyMomentum(weight, velocity, rate, gradient, tf.constant(MOMENTUM)));
    }
    return updates;
  }

  private static void step(
      Session session,
      List<Op> updates,
      List<Placeholder<TFloat32>> inputs,
      float[] features,
      float[] labels,
      SplittableRandom random,
      int step) {
    float[] stepFeatures = new float[STEP_ROWS * FraudNetwork.FEATURES];
    float[] stepLabels = new float[STEP_ROWS];
    for (int i = 0; i < STEP_ROWS; i++) {
      int row = random.nextInt(labels.length);
      System.arraycopy(
          features,
          row * FraudNetwork.FEATURES,
          stepFeatures,
          i * FraudNetwork.FEATURES,
          FraudNetwork.FEATURES);
      stepLabels[i] = labels[row];
    }
    double part = step / (double) STEPS;
    float rate = (float) (FIRST_RATE * Math.pow(LAST_RATE / FIRST_RATE, part));
    try (TFloat32 featureTensor = tensor(stepFeatures, FraudNetwork.FEATURES);
        TFloat32 labelTensor = tensor(stepLabels, 1);
        TFloat32 rateTensor = TFloat32.scalarOf(rate)) {
      Session.Runner runner =
          session
              .runner()
              .feed(inputs.get(0), featureTensor)
              .feed(inputs.get(1), labelTensor)
              .feed(inputs.get(2), rateTensor);
      updates.forEach(runner::addTarget);
      runner.run().close();
    }
  }

  private static List<TFloat32> values(Session session, List<Variable<TFloat32>> weights) {
    Session.Runner runner = session.runner();
    weights.forEach(runner::fetch);
    try (Result result = runner.run()) {
      List<TFloat32> values = new ArrayList<>();
      for (int i = 0; i < result.size(); i++) {
        // The result closes its own tensors, so each is copied.
        values.add(TFloat32.tensorOf((FloatNdArray) result.get(i)));
      }
      return values;
    }
  }

  /** Writes the model and answers its quality on transactions that it did not learn from. */
  private double publish(FraudNetwork network, List<TFloat32> weights, Path folder) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> input = rows(tf, INPUT, FraudNetwork.FEATURES);
      List<Operand<TFloat32>> constants = new ArrayList<>();
      for (TFloat32 weight : weights) {
        constants.add(tf.constant((FloatNdArray) weight));
      }
      Operand<TFloat32> score =
          tf.withName(OUTPUT).math.sigmoid(network.logits(tf, input, constants));
      Signature signature =
          Signature.builder("serving_default")
              .input(INPUT, input)
              .output(OUTPUT, score)
              .methodName("tensorflow/serving/predict")
              .build();
      try (Session session = new Session(graph)) {
        SavedModelBundle.exporter(folder.toString())
            .withSession(session)
            .withSignature(signature)
            .export();
        return quality(session, input, score);
      } catch (IOException e) {
        throw new UncheckedIOException("model folder: " + folder + " (expected: writable)", e);
      }
    }
  }

  private double quality(Session session, Operand<TFloat32> input, Operand<TFloat32> score) {
    float[] labels = labels(ROWS, HELD_OUT_ROWS);
    boolean[] frauds = new boolean[labels.length];
    float[] scores = new float[labels.length];
    try (TFloat32 features = tensor(features(ROWS, HELD_OUT_ROWS), FraudNetwork.FEATURES);
        Result result = session.runner().feed(input, features).fetch(score).run()) {
      TFloat32 column = (TFloat32) result.get(0);
      for (int row = 0; row < labels.length; row++) {
        scores[row] = column.getFloat(row, 0);
        frauds[row] = labels[row] > 0;
      }
    }
    return AreaUnderCurve.of(scores, frauds);
  }

  private float[] features(int first, int rows) {
    float[] features = new float[rows * FraudNetwork.FEATURES];
    for (int row = 0; row < rows; row++) {
      Transaction transaction = transactions.soundAt(first + row);
      Float merchantRisk = transaction.merchantRisk();
      int at = row * FraudNetwork.FEATURES;
      features[at] = (float) transaction.amount();
      features[at + 1] = transaction.hour();
      features[at + 2] = (float) transaction.distanceKm();
      features[at + 3] = merchantRisk == null ? 0 : merchantRisk;
    }
    return features;
  }

  private float[] labels(int first, int rows) {
    float[] labels = new float[rows];
    for (int row = 0; row < rows; row++) {
      labels[row] = transactions.fraudAt(first + row) ? 1 : 0;
    }
    return labels;
  }

  private static Placeholder<TFloat32> rows(Ops tf, String name, int elements) {
    return tf.withName(name).placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, elements)));
  }

  private static TFloat32 tensor(float[] values, int elements) {
    return TFloat32.tensorOf(Shape.of(values.length / elements, elements), DataBuffers.of(values));
  }
}
