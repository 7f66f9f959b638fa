package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.Constant;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Session;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.image.DecodeJpeg;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * Makes small SavedModels with random weights, the same at every run.
 *
 * <p>Thread-safe; two calls must not write the same folder.
 */
public final class SavedModels {
  /** The side of the square pictures that {@link #cnn} takes. */
  public static final int CNN_SIDE = 64;

  private static final long SEED = 42;
  private static final String SERVING_DEFAULT = "serving_default";

  private SavedModels() {}

  /** What a graph's author names its tensors. */
  record Tensors(
      List<TensorSpec> inputs,
      List<Constant> constants,
      Map<String, Operand<?>> operands,
      List<TensorSpec> outputs,
      List<Operand<?>> outputOperands) {
    Tensors() {
      this(
          new ArrayList<>(),
          new ArrayList<>(),
          new LinkedHashMap<>(),
          new ArrayList<>(),
          new ArrayList<>());
    }

    <T extends Operand<?>> T input(TensorSpec spec, T operand) {
      inputs.add(spec);
      operands.put(spec.name(), operand);
      return operand;
    }

    /** An input without rows, and what it is to be in every call. */
    <T extends Operand<?>> T constant(Constant constant, T operand) {
      constants.add(constant);
      operands.put(constant.name(), operand);
      return operand;
    }

    void output(TensorSpec spec, Operand<?> operand) {
      outputs.add(spec);
      outputOperands.add(operand);
    }
  }

  /** Adds operations to a graph and says which are inputs and outputs. */
  interface Author {
    void write(Ops tf, Tensors tensors);
  }

  /**
   * A network {@code features} → 64 → 64 → 1 with a sigmoid at its end.
   *
   * @return input {@code features} float32 [-1, features], output {@code score} float32 [-1, 1]
   */
  public static Signature mlp(Path directory, int features) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Random random = new Random(SEED);
          Operand<TFloat32> layer =
              tensors.input(
                  TensorSpec.of("features", ElementType.FLOAT32, -1, features),
                  tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1, features))));
          layer = tf.nn.relu(dense(tf, random, layer, features, 64));
          layer = tf.nn.relu(dense(tf, random, layer, 64, 64));
          tensors.output(
              TensorSpec.of("score", ElementType.FLOAT32, -1, 1),
              tf.math.sigmoid(dense(tf, random, layer, 64, 1)));
        });
  }

  /**
   * A small convolutional network over colour pictures of {@value #CNN_SIDE} by {@value #CNN_SIDE}.
   *
   * @return input {@code picture} float32 [-1, 64, 64, 3], output {@code classes} float32 [-1, 10]
   */
  public static Signature cnn(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Random random = new Random(SEED);
          Operand<TFloat32> layer =
              tensors.input(
                  TensorSpec.of("picture", ElementType.FLOAT32, -1, CNN_SIDE, CNN_SIDE, 3),
                  tf.placeholder(
                      TFloat32.class, Placeholder.shape(Shape.of(-1, CNN_SIDE, CNN_SIDE, 3))));
          int channels = 3;
          for (int filters : new int[] {8, 16, 32}) {
            layer =
                tf.nn.relu(
                    tf.nn.conv2d(
                        layer,
                        weights(tf, random, 3, 3, channels, filters),
                        List.of(1L, 2L, 2L, 1L),
                        "SAME"));
            channels = filters;
          }
          int flat = CNN_SIDE / 8 * (CNN_SIDE / 8) * channels;
          Operand<TFloat32> rows = tf.reshape(layer, tf.constant(new int[] {-1, flat}));
          tensors.output(
              TensorSpec.of("classes", ElementType.FLOAT32, -1, 10),
              tf.nn.softmax(dense(tf, random, rows, flat, 10)));
        });
  }

  /**
   * Hands each input through unchanged: one per type, named {@code in_float32} and {@code
   * out_float32}, of three elements per row.
   */
  public static Signature identity(Path directory, ElementType... types) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          for (ElementType type : types) {
            tensors.output(
                TensorSpec.of("out_" + type.label(), type, -1, 3),
                tf.identity(input(tf, tensors, "in_" + type.label(), type, 3)));
          }
        });
  }

  /**
   * Answers memory of its own for each input: the rows in reverse order, named as by {@link
   * #identity}.
   */
  public static Signature reverse(Path directory, ElementType... types) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          for (ElementType type : types) {
            tensors.output(
                TensorSpec.of("out_" + type.label(), type, -1, 3),
                tf.reverse(
                    input(tf, tensors, "in_" + type.label(), type, 3), tf.constant(new int[] {0})));
          }
        });
  }

  /** Scores {@code left} + {@code right} as {@code sum} and their product as {@code product}. */
  public static Signature twoByTwo(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> left = floats(tf, tensors, "left", -1);
          Operand<TFloat32> right = floats(tf, tensors, "right", -1);
          tensors.output(TensorSpec.of("sum", ElementType.FLOAT32, -1), tf.math.add(left, right));
          tensors.output(
              TensorSpec.of("product", ElementType.FLOAT32, -1), tf.math.mul(left, right));
        });
  }

  /**
   * Doubles {@code values} float32 [-1, -1], of any width, as {@code doubled} of the same width.
   */
  public static Signature anyWidth(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> values = floats(tf, tensors, "values", -1, -1);
          tensors.output(
              TensorSpec.of("doubled", ElementType.FLOAT32, -1, -1),
              tf.math.mul(values, tf.constant(2f)));
        });
  }

  /** Answers only those of {@code values} float32 [-1] that are positive, as {@code kept}. */
  public static Signature onlyPositive(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> values = floats(tf, tensors, "values", -1);
          Operand<TInt64> kept =
              tf.reshape(
                  tf.where(tf.math.greater(values, tf.constant(0f))), tf.constant(new int[] {-1}));
          tensors.output(
              TensorSpec.of("kept", ElementType.FLOAT32, -1),
              tf.gather(values, kept, tf.constant(0)));
        });
  }

  /**
   * Fails a call with INVALID_ARGUMENT when an index in {@code index} int32 [-1] is not 0 to 2, and
   * answers the {@code letter} string [-1] at it otherwise.
   */
  public static Signature letters(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TInt32> index =
              tensors.input(
                  TensorSpec.of("index", ElementType.INT32, -1),
                  tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(-1))));
          tensors.output(
              TensorSpec.of("letter", ElementType.STRING, -1),
              tf.gather(
                  tf.constant(
                      NdArrays.vectorOfObjects("a", "", "a letter of more than twenty-two bytes")),
                  index,
                  tf.constant(0)));
        });
  }

  /**
   * Triton's example {@code simple_string}: {@code INPUT0} and {@code INPUT1} string [-1, 16] are
   * whole numbers, {@code OUTPUT0} their sums and {@code OUTPUT1} their differences. A string that
   * is no number fails the call.
   */
  public static Signature simpleString(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          List<Operand<TInt32>> numbers = new ArrayList<>();
          for (String name : List.of("INPUT0", "INPUT1")) {
            numbers.add(
                tf.strings.toNumber(
                    tensors.input(
                        TensorSpec.of(name, ElementType.STRING, -1, 16),
                        tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1, 16)))),
                    TInt32.class));
          }
          tensors.output(
              TensorSpec.of("OUTPUT0", ElementType.STRING, -1, 16),
              tf.dtypes.asString(tf.math.add(numbers.get(0), numbers.get(1))));
          tensors.output(
              TensorSpec.of("OUTPUT1", ElementType.STRING, -1, 16),
              tf.dtypes.asString(tf.math.sub(numbers.get(0), numbers.get(1))));
        });
  }

  /** Looks {@code ids} int64 [-1] from 100 to 102 up as {@code vectors} float32 [-1, 2]. */
  public static Signature embedding(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TInt64> ids =
              tensors.input(
                  TensorSpec.of("ids", ElementType.INT64, -1),
                  tf.placeholder(TInt64.class, Placeholder.shape(Shape.of(-1))));
          tensors.output(
              TensorSpec.of("vectors", ElementType.FLOAT32, -1, 2),
              tf.gather(
                  tf.constant(new float[][] {{1, 2}, {3, 4}, {5, 6}}),
                  tf.math.sub(ids, tf.constant(100L)),
                  tf.constant(0)));
        });
  }

  /** Decodes each {@code jpeg} string [-1], and answers its {@code mean} colour float32 [-1, 3]. */
  public static Signature jpegs(Path directory) {
    TensorFlowLibrary.OF_PROCESS.start("test", null);
    ConcreteFunction decode =
        ConcreteFunction.create(
            tf -> {
              Placeholder<TString> jpeg =
                  tf.placeholder(TString.class, Placeholder.shape(Shape.scalar()));
              Operand<TFloat32> picture =
                  tf.dtypes.cast(
                      tf.image.decodeJpeg(jpeg, DecodeJpeg.channels(3L)), TFloat32.class);
              return org.tensorflow.Signature.builder("decode")
                  .input("jpeg", jpeg)
                  .output("mean", tf.math.mean(picture, tf.constant(new int[] {0, 1})))
                  .build();
            });
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) ->
            tensors.output(
                TensorSpec.of("mean", ElementType.FLOAT32, -1, 3),
                (Operand<?>)
                    tf.mapDefun(
                            List.of(
                                tensors.input(
                                    TensorSpec.of("jpeg", ElementType.STRING, -1),
                                    tf.placeholder(
                                        TString.class, Placeholder.shape(Shape.of(-1))))),
                            List.of(),
                            List.of(TFloat32.class),
                            List.of(Shape.of(3)),
                            decode)
                        .output()
                        .get(0)));
  }

  /** Copies each of {@code values} float32 [-1, 1] into {@code copies} of 4 GiB per row. */
  public static Signature huge(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> values = floats(tf, tensors, "values", -1, 1);
          tensors.output(
              TensorSpec.of("copies", ElementType.FLOAT32, -1, 1L << 30),
              tf.tile(values, tf.constant(new long[] {1, 1L << 30})));
        });
  }

  /** An {@link #mlp} whose only signature has this name. */
  public static Signature named(Path directory, String signatureName) {
    return export(
        directory,
        signatureName,
        (tf, tensors) ->
            tensors.output(
                TensorSpec.of("out", ElementType.FLOAT32, -1, 3),
                tf.math.neg(floats(tf, tensors, "in", -1, 3))));
  }

  /** Two signatures, {@code first} and {@code second}, none of them the default. */
  public static Signature ambiguous(Path directory) {
    return export(
        directory,
        List.of("first", "second"),
        (tf, tensors) ->
            tensors.output(
                TensorSpec.of("out", ElementType.FLOAT32, -1, 3),
                tf.math.neg(floats(tf, tensors, "in", -1, 3))));
  }

  private static Operand<TFloat32> floats(Ops tf, Tensors tensors, String name, long... shape) {
    return tensors.input(
        TensorSpec.of(name, ElementType.FLOAT32, shape),
        tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(shape))));
  }

  private static Operand<TType> input(
      Ops tf, Tensors tensors, String name, ElementType type, long width) {
    return tensors.input(
        TensorSpec.of(name, type, -1, width), placeholder(tf, name, type, Shape.of(-1, width)));
  }

  /** Of any type: TensorFlow's Java classes know some of them only. */
  private static Operand<TType> placeholder(Ops tf, String name, ElementType type, Shape shape) {
    return tf.scope()
        .opBuilder("Placeholder", name)
        .setAttr("dtype", number(type))
        .setAttr("shape", shape)
        .build()
        .output(0);
  }

  private static DataType number(ElementType type) {
    return DataType.forNumber(TensorType.number(type));
  }

  /**
   * Answers {@code narrow} of a type, [-1, 3], as {@code wide} float64, and {@code number} float64
   * as {@code narrowed} of that type.
   */
  static Signature casts(Path directory, ElementType type) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TType> narrow = input(tf, tensors, "narrow", type, 3);
          Operand<TType> number = input(tf, tensors, "number", ElementType.FLOAT64, 3);
          tensors.output(
              TensorSpec.of("wide", ElementType.FLOAT64, -1, 3),
              cast(tf, narrow, type, ElementType.FLOAT64));
          tensors.output(
              TensorSpec.of("narrowed", type, -1, 3), cast(tf, number, ElementType.FLOAT64, type));
        });
  }

  private static Operand<TType> cast(
      Ops tf, Operand<TType> from, ElementType type, ElementType target) {
    return tf.scope()
        .opBuilder("Cast", "cast_" + target.label())
        .addInput(from.asOutput())
        .setAttr("SrcT", number(type))
        .setAttr("DstT", number(target))
        .build()
        .output(0);
  }

  /**
   * Multiplies {@code values} float32 [-1, 3] by {@code keep_prob}, a single float32, and adds the
   * {@code offsets} float32 [3], as {@code scaled}; where {@code is_training}, negated. The {@code
   * unit} string is handed through as {@code units} of every row.
   */
  public static Signature scaled(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> values = floats(tf, tensors, "values", -1, 3);
          Operand<TFloat32> rate =
              tensors.constant(
                  new Constant("keep_prob", ElementType.FLOAT32, List.of(), List.of("0.5")),
                  tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar())));
          Operand<TFloat32> offsets =
              tensors.constant(
                  new Constant("offsets", ElementType.FLOAT32, List.of(3L), List.of("1", "2", "3")),
                  tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(3))));
          Operand<TBool> training =
              tensors.constant(
                  new Constant("is_training", ElementType.BOOL, List.of(), List.of("false")),
                  tf.placeholder(TBool.class, Placeholder.shape(Shape.scalar())));
          Operand<TString> unit =
              tensors.constant(
                  new Constant("unit", ElementType.STRING, List.of(), List.of("€ per hour")),
                  tf.placeholder(TString.class, Placeholder.shape(Shape.scalar())));
          Operand<TFloat32> scaled = tf.math.add(tf.math.mul(values, rate), offsets);
          tensors.output(
              TensorSpec.of("scaled", ElementType.FLOAT32, -1, 3),
              tf.select(training, tf.math.neg(scaled), scaled));
          tensors.output(
              TensorSpec.of("units", ElementType.STRING, -1),
              tf.fill(tf.shape.take(tf.shape(values), tf.constant(1)), unit));
        });
  }

  /** Answers {@code values} float32 [-1], and the constant {@code same} float32 [-1] as it is. */
  static Signature handedThrough(Path directory) {
    return export(
        directory,
        SERVING_DEFAULT,
        (tf, tensors) -> {
          Operand<TFloat32> values = floats(tf, tensors, "values", -1);
          Operand<TFloat32> same =
              tensors.constant(
                  new Constant("same", ElementType.FLOAT32, List.of(2L), List.of("7", "8")),
                  tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1))));
          tensors.output(TensorSpec.of("negated", ElementType.FLOAT32, -1), tf.math.neg(values));
          tensors.output(TensorSpec.of("out", ElementType.FLOAT32, -1), tf.identity(same));
        });
  }

  private static Operand<TFloat32> dense(
      Ops tf, Random random, Operand<TFloat32> input, int from, int to) {
    return tf.nn.biasAdd(
        tf.linalg.matMul(input, weights(tf, random, from, to)), weights(tf, random, to));
  }

  private static Operand<TFloat32> weights(Ops tf, Random random, long... shape) {
    Shape tensorShape = Shape.of(shape);
    float[] values = new float[Math.toIntExact(tensorShape.size())];
    double scale = Math.sqrt(2.0 * shape[shape.length - 1] / Math.max(1, values.length));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return tf.constant(tensorShape, DataBuffers.of(values));
  }

  static Signature export(Path directory, String signatureName, Author author) {
    return export(directory, List.of(signatureName), author);
  }

  private static Signature export(Path directory, List<String> signatureNames, Author author) {
    TensorFlowLibrary.OF_PROCESS.start("test", null);
    try (Graph graph = new Graph()) {
      Tensors tensors = new Tensors();
      author.write(Ops.create(graph), tensors);
      try (Session session = new Session(graph)) {
        session.initialize();
        SavedModelBundle.exporter(directory.toString())
            .withSession(session)
            .withSignatures(
                signatureNames.stream()
                    .map(name -> signature(name, tensors))
                    .toArray(org.tensorflow.Signature[]::new))
            .export();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new Signature(tensors.inputs(), tensors.outputs()).with(tensors.constants());
    }
  }

  private static org.tensorflow.Signature signature(String name, Tensors tensors) {
    org.tensorflow.Signature.Builder builder =
        org.tensorflow.Signature.builder(name).methodName("tensorflow/serving/predict");
    tensors.operands().forEach(builder::input);
    for (int i = 0; i < tensors.outputs().size(); i++) {
      builder.output(tensors.outputs().get(i).name(), tensors.outputOperands().get(i));
    }
    return builder.build();
  }
}
