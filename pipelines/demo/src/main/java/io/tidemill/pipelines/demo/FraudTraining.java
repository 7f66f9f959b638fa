package io.tidemill.pipelines.demo;

import static java.util.Objects.requireNonNullElse;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
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
import org.tensorflow.op.random.RandomUniformInt;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

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
    FraudNetwork network = new FraudNetwork(features);
    List<TFloat32> weights = new ArrayList<>();
    try {
      weights.addAll(learn(network, features, progress));
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

  private List<TFloat32> learn(FraudNetwork network, float[] features, IntConsumer progress) {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      Operand<TFloat32> rows = tf.constant(shape(FraudNetwork.FEATURES), DataBuffers.of(features));
      Operand<TFloat32> labels = tf.constant(shape(1), DataBuffers.of(labels()));
      Operand<TInt32> drawn =
          tf.random.randomUniformInt(
              tf.constant(new int[] {STEP_ROWS}),
              tf.constant(0),
              tf.constant(ROWS),
              RandomUniformInt.seed(seed));
      Placeholder<TFloat32> rate =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
      List<Variable<TFloat32>> weights = new ArrayList<>();
      for (float[][] weight : FraudNetwork.initialWeights(seed)) {
        weights.add(tf.variable(tf.constant(weight)));
      }
      Operand<TFloat32> logits =
          network.logits(tf, tf.gather(rows, drawn, tf.constant(0)), weights);
      Operand<TFloat32> label = tf.gather(labels, drawn, tf.constant(0));
      Operand<TFloat32> loss =
          tf.math.mean(
              tf.math.sub(tf.math.softplus(logits), tf.math.mul(logits, label)),
              tf.constant(new int[] {0, 1}));
      List<Op> updates = updates(tf, loss, weights, rate);
      try (Session session = new Session(graph)) {
        session.initialize();
        for (int step = 0; step < STEPS; step++) {
          if (step % PROGRESS_INTERVAL == 0) {
            progress.accept(step);
          }
          double now = FIRST_RATE * Math.pow(LAST_RATE / FIRST_RATE, step / (double) STEPS);
          try (TFloat32 rateNow = TFloat32.scalarOf((float) now)) {
            Session.Runner runner = session.runner().feed(rate, rateNow);
            updates.forEach(runner::addTarget);
            runner.run().close();
          }
        }
        progress.accept(STEPS);
        return values(session, weights);
      }
    }
  }

  private static Shape shape(int elements) {
    return Shape.of(ROWS, elements);
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
      Placeholder<TFloat32> input =
          tf.withName(INPUT)
              .placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, FraudNetwork.FEATURES)));
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
    AreaUnderCurve curve = new AreaUnderCurve();
    try (TFloat32 features =
            TFloat32.tensorOf(
                Shape.of(HELD_OUT_ROWS, FraudNetwork.FEATURES),
                DataBuffers.of(features(ROWS, HELD_OUT_ROWS)));
        Result result = session.runner().feed(input, features).fetch(score).run()) {
      TFloat32 column = (TFloat32) result.get(0);
      for (int row = 0; row < HELD_OUT_ROWS; row++) {
        curve.add(column.getFloat(row, 0), transactions.fraudAt(ROWS + row));
      }
    }
    return curve.area();
  }

  private float[] features(int first, int rows) {
    FloatBuffer features = FloatBuffer.allocate(rows * FraudNetwork.FEATURES);
    for (int row = 0; row < rows; row++) {
      Transaction transaction = transactions.soundAt(first + row);
      features
          .put((float) transaction.amount())
          .put(transaction.hour())
          .put((float) transaction.distanceKm())
          .put(requireNonNullElse(transaction.merchantRisk(), 0f));
    }
    return features.array();
  }

  private float[] labels() {
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      labels[row] = transactions.fraudAt(row) ? 1 : 0;
    }
    return labels;
  }
}
