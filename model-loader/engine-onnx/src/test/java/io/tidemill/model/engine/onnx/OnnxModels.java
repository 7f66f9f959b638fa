package io.tidemill.model.engine.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Makes small .onnx files with random weights, the same at every run.
 *
 * <p>Thread-safe; two calls must not write the same folder.
 */
public final class OnnxModels {
  /** The file's name in the folder that is given. */
  public static final String FILE = "model.onnx";

  /** The name of the file beside it that may hold its weights. */
  public static final String WEIGHTS = "model.onnx.data";

  private static final long SEED = 42;

  /** A version of the operators that every ONNX Runtime since 2021 knows. */
  private static final int OPERATOR_SET = 13;

  private static final int FLOAT8_OPERATOR_SET = 19;
  private static final int FLOAT8E4M3FN = 17;
  private static final int FORMAT = 9;

  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("graph");
  private final List<TensorSpec> inputs = new ArrayList<>();
  private final List<TensorSpec> outputs = new ArrayList<>();
  private int operatorSet = OPERATOR_SET;

  private OnnxModels() {}

  /**
   * A network {@code features} → 64 → 64 → 1 with a sigmoid at its end.
   *
   * @return input {@code features} float32 [-1, features], output {@code score} float32 [-1, 1]
   */
  public static Signature mlp(Path directory, int features) {
    OnnxModels model = new OnnxModels();
    Random random = new Random(SEED);
    model.input(TensorSpec.of("features", ElementType.FLOAT32, -1, features));
    model.dense(random, "features", "hidden1", features, 64);
    model.node("Relu", "active1", "hidden1");
    model.dense(random, "active1", "hidden2", 64, 64);
    model.node("Relu", "active2", "hidden2");
    model.dense(random, "active2", "logit", 64, 1);
    model.node("Sigmoid", "score", "logit");
    model.output(TensorSpec.of("score", ElementType.FLOAT32, -1, 1));
    return model.write(directory);
  }

  /**
   * The same network with its weights in {@value #WEIGHTS} beside the file, as exporters write it.
   */
  public static Signature mlpWithWeightsBeside(Path directory, int features) {
    Signature signature = mlp(directory, features);
    Path file = directory.resolve(FILE);
    try (OutputStream weights = Files.newOutputStream(directory.resolve(WEIGHTS))) {
      ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
      long offset = 0;
      for (TensorProto.Builder tensor : model.getGraphBuilder().getInitializerBuilderList()) {
        ByteBuffer floats =
            ByteBuffer.allocate(tensor.getFloatDataCount() * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        tensor.getFloatDataList().forEach(floats::putFloat);
        weights.write(floats.array());
        tensor
            .clearFloatData()
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", WEIGHTS))
            .addExternalData(entry("offset", String.valueOf(offset)))
            .addExternalData(entry("length", String.valueOf(floats.capacity())));
        offset += floats.capacity();
      }
      Files.write(file, model.build().toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return signature;
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  /**
   * A logistic regression.
   *
   * @return input {@code features} float32 [-1, weights], output {@code score} float32 [-1, 1]
   */
  public static Signature logistic(Path directory, float bias, float... weights) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("features", ElementType.FLOAT32, -1, weights.length));
    TensorProto.Builder column = floats("weights", weights.length, 1);
    for (float weight : weights) {
      column.addFloatData(weight);
    }
    model.graph.addInitializer(column);
    model.graph.addInitializer(floats("bias", 1).addFloatData(bias));
    model.node("Gemm", "logit", "features", "weights", "bias");
    model.node("Sigmoid", "score", "logit");
    model.output(TensorSpec.of("score", ElementType.FLOAT32, -1, 1));
    return model.write(directory);
  }

  /**
   * Hands each input through unchanged: one per type, named {@code in_float32} and {@code
   * out_float32}, of three elements per row.
   */
  static Signature identity(Path directory, ElementType... types) {
    OnnxModels model = new OnnxModels();
    for (ElementType type : types) {
      model.input(TensorSpec.of("in_" + type.label(), type, -1, 3));
      model.node("Identity", "out_" + type.label(), "in_" + type.label());
      model.output(TensorSpec.of("out_" + type.label(), type, -1, 3));
    }
    return model.write(directory);
  }

  /** Answers for each input its columns in reverse order, named as by {@link #identity}. */
  static Signature reverse(Path directory, ElementType... types) {
    OnnxModels model = new OnnxModels();
    model.constant("order", 2, 1, 0);
    for (ElementType type : types) {
      model.input(TensorSpec.of("in_" + type.label(), type, -1, 3));
      model.node(
          "Gather", "out_" + type.label(), List.of("in_" + type.label(), "order"), axis("axis", 1));
      model.output(TensorSpec.of("out_" + type.label(), type, -1, 3));
    }
    return model.write(directory);
  }

  /** Scores {@code left} + {@code right} as {@code sum} and their product as {@code product}. */
  static Signature twoByTwo(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("left", ElementType.FLOAT32, -1));
    model.input(TensorSpec.of("right", ElementType.FLOAT32, -1));
    model.node("Add", "sum", "left", "right");
    model.node("Mul", "product", "left", "right");
    model.output(TensorSpec.of("sum", ElementType.FLOAT32, -1));
    model.output(TensorSpec.of("product", ElementType.FLOAT32, -1));
    return model.write(directory);
  }

  /**
   * Doubles {@code values} float32 [-1, -1], of any width, as {@code doubled} of the same width.
   */
  static Signature anyWidth(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("values", ElementType.FLOAT32, -1, -1));
    model.node("Add", "doubled", "values", "values");
    model.output(TensorSpec.of("doubled", ElementType.FLOAT32, -1, -1));
    return model.write(directory);
  }

  /**
   * Answers only those of {@code values} float32 [-1, 1] that are positive, as {@code kept} float32
   * [-1, 1].
   */
  static Signature onlyPositive(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("values", ElementType.FLOAT32, -1, 1));
    model.constant("column", 0);
    model.zero("zero");
    model.node("Gather", "flat", List.of("values", "column"), axis("axis", 1));
    model.constant("squeezed", 1);
    model.node("Squeeze", "line", "flat", "squeezed");
    model.node("Greater", "positive", "line", "zero");
    model.node("Compress", "kept", List.of("values", "positive"), axis("axis", 0));
    model.output(TensorSpec.of("kept", ElementType.FLOAT32, -1, 1));
    return model.write(directory);
  }

  /**
   * Fails a call in which an index in {@code index} int64 [-1] is not 0 to 2, and answers the
   * {@code letter} string [-1] at it otherwise.
   */
  static Signature letters(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("index", ElementType.INT64, -1));
    TensorProto.Builder letters =
        TensorProto.newBuilder()
            .setName("letters")
            .setDataType(TensorProto.DataType.STRING_VALUE)
            .addDims(3);
    for (String letter : List.of("a", "", "a letter of more than twenty-two bytes: é")) {
      letters.addStringData(ByteString.copyFromUtf8(letter));
    }
    model.graph.addInitializer(letters);
    model.node("Gather", "letter", "letters", "index");
    model.output(TensorSpec.of("letter", ElementType.STRING, -1));
    return model.write(directory);
  }

  /** Copies each of {@code values} float32 [-1, 1] 2⁴⁰ times on the way to their {@code sum}. */
  static Signature huge(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("values", ElementType.FLOAT32, -1, 1));
    model.constant("times", 1, 1L << 40);
    model.node("Expand", "copies", "values", "times");
    model.node("ReduceSum", "sum", List.of("copies", "axes"), axis("keepdims", 1));
    model.constant("axes", 1);
    model.output(TensorSpec.of("sum", ElementType.FLOAT32, -1, 1));
    return model.write(directory);
  }

  /** The network of {@link #mlp} as it is exported for one size of batch. */
  public static Signature mlpForBatch(Path directory, int features, int batch) {
    Signature signature = mlp(directory, features);
    Path file = directory.resolve(FILE);
    try {
      ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
      model.getGraphBuilder().getInputBuilderList().forEach(tensor -> fix(tensor, batch));
      model.getGraphBuilder().getOutputBuilderList().forEach(tensor -> fix(tensor, batch));
      Files.write(file, model.build().toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return signature.inBatchesOf(batch);
  }

  private static void fix(ValueInfoProto.Builder tensor, int batch) {
    tensor
        .getTypeBuilder()
        .getTensorTypeBuilder()
        .getShapeBuilder()
        .getDimBuilder(0)
        .setDimValue(batch);
  }

  /**
   * Answers each of {@code in} float32 [batch, 3] as a share of its column, so that what a row is
   * scored depends on the others.
   */
  public static void sharesOfBatch(Path directory, long batch) {
    OnnxModels model = new OnnxModels();
    model.graph.addInput(value("in", ElementType.FLOAT32, List.of(batch, 3L)));
    model.node("Softmax", "out", List.of("in"), axis("axis", 0));
    model.graph.addOutput(value("out", ElementType.FLOAT32, List.of(batch, 3L)));
    model.save(directory);
  }

  /**
   * Scores {@code X} float32 [-1, 4] for three classes as scikit-learn's converter has it: the
   * {@code output_label} int64 [-1], and in {@code output_probability} a dictionary of each row's
   * scores by class.
   *
   * @param names of the classes; none for the numbers 7, 8 and 9
   */
  public static void classifier(Path directory, String... names) {
    OnnxModels model = new OnnxModels();
    Random random = new Random(SEED);
    model.input(TensorSpec.of("X", ElementType.FLOAT32, -1, 4));
    model.dense(random, "X", "scores", 4, 3);
    model.node("Softmax", "probabilities", List.of("scores"), axis("axis", 1));
    model.node("ArgMax", "place", List.of("probabilities"), axis("axis", 1), axis("keepdims", 0));
    model.node("Identity", "output_label", "place");
    AttributeProto.Builder classes = AttributeProto.newBuilder();
    if (names.length == 0) {
      classes.setName("classlabels_int64s").setType(AttributeProto.AttributeType.INTS);
      List.of(7L, 8L, 9L).forEach(classes::addInts);
    } else {
      classes.setName("classlabels_strings").setType(AttributeProto.AttributeType.STRINGS);
      Arrays.stream(names).map(ByteString::copyFromUtf8).forEach(classes::addStrings);
    }
    model.graph.addNode(
        NodeProto.newBuilder()
            .setName("ZipMap")
            .setOpType("ZipMap")
            .setDomain("ai.onnx.ml")
            .addInput("probabilities")
            .addOutput("output_probability")
            .addAttribute(classes));
    model.output(TensorSpec.of("output_label", ElementType.INT64, -1));
    TypeProto.Map.Builder map =
        TypeProto.Map.newBuilder()
            .setKeyType(
                names.length == 0
                    ? TensorProto.DataType.INT64_VALUE
                    : TensorProto.DataType.STRING_VALUE)
            .setValueType(
                TypeProto.newBuilder()
                    .setTensorType(
                        TypeProto.Tensor.newBuilder()
                            .setElemType(TensorProto.DataType.FLOAT_VALUE)));
    model.graph.addOutput(
        ValueInfoProto.newBuilder()
            .setName("output_probability")
            .setType(
                TypeProto.newBuilder()
                    .setSequenceType(
                        TypeProto.Sequence.newBuilder()
                            .setElemType(TypeProto.newBuilder().setMapType(map)))));
    model.save(directory);
  }

  /**
   * Multiplies {@code values} float32 [-1, 3] by {@code rate}, a single float32, and adds the
   * {@code offsets} float32 [3], as {@code scaled}.
   */
  public static void scaled(Path directory) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("values", ElementType.FLOAT32, -1, 3));
    model.graph.addInput(value("rate", ElementType.FLOAT32, List.of()));
    model.graph.addInput(value("offsets", ElementType.FLOAT32, List.of(3L)));
    model.node("Mul", "product", "values", "rate");
    model.node("Add", "scaled", "product", "offsets");
    model.output(TensorSpec.of("scaled", ElementType.FLOAT32, -1, 3));
    model.save(directory);
  }

  /** Answers for {@code text} string [-1] its {@code place} int64 [-1] in a list, or -1. */
  static Signature places(Path directory, String... list) {
    OnnxModels model = new OnnxModels();
    model.input(TensorSpec.of("text", ElementType.STRING, -1));
    AttributeProto.Builder keys =
        AttributeProto.newBuilder()
            .setName("keys_strings")
            .setType(AttributeProto.AttributeType.STRINGS);
    AttributeProto.Builder values =
        AttributeProto.newBuilder()
            .setName("values_int64s")
            .setType(AttributeProto.AttributeType.INTS);
    for (int place = 0; place < list.length; place++) {
      keys.addStrings(ByteString.copyFromUtf8(list[place]));
      values.addInts(place);
    }
    model.graph.addNode(
        NodeProto.newBuilder()
            .setName("place")
            .setOpType("LabelEncoder")
            .setDomain("ai.onnx.ml")
            .addInput("text")
            .addOutput("place")
            .addAttribute(keys)
            .addAttribute(values)
            .addAttribute(axis("default_int64", -1)));
    model.output(TensorSpec.of("place", ElementType.INT64, -1));
    return model.write(directory);
  }

  /** Casts {@code in} float32 [-1, 3] to {@code out} of eight bits, a type that columns lack. */
  static void quantized(Path directory) {
    OnnxModels model = new OnnxModels();
    model.operatorSet = FLOAT8_OPERATOR_SET;
    model.input(TensorSpec.of("in", ElementType.FLOAT32, -1, 3));
    model.node("Cast", "out", List.of("in"), axis("to", FLOAT8E4M3FN));
    model.graph.addOutput(value("out", FLOAT8E4M3FN, List.of(-1L, 3L)));
    model.save(directory);
  }

  /** The network of {@link #mlp} with inputs and outputs of half precision. */
  public static Signature mlpOfHalfPrecision(Path directory, int features) {
    OnnxModels model = new OnnxModels();
    Random random = new Random(SEED);
    model.input(TensorSpec.of("features", ElementType.FLOAT16, -1, features));
    model.dense(random, "features32", "hidden1", features, 64);
    model.graph.addNode(
        0,
        NodeProto.newBuilder()
            .setName("widen")
            .setOpType("Cast")
            .addInput("features")
            .addOutput("features32")
            .addAttribute(axis("to", TensorProto.DataType.FLOAT_VALUE)));
    model.node("Relu", "active1", "hidden1");
    model.dense(random, "active1", "hidden2", 64, 64);
    model.node("Relu", "active2", "hidden2");
    model.dense(random, "active2", "logit", 64, 1);
    model.node("Sigmoid", "score32", "logit");
    model.node("Cast", "score", List.of("score32"), axis("to", TensorProto.DataType.FLOAT16_VALUE));
    model.output(TensorSpec.of("score", ElementType.FLOAT16, -1, 1));
    return model.write(directory);
  }

  /** Negates a float32 [-1, 3] of any name. */
  static void named(Path directory, String input) {
    OnnxModels model = new OnnxModels();
    model.graph.addInput(value(input, ElementType.FLOAT32, List.of(-1L, 3L)));
    model.node("Neg", "out", input);
    model.output(TensorSpec.of("out", ElementType.FLOAT32, -1, 3));
    model.save(directory);
  }

  private void input(TensorSpec spec) {
    inputs.add(spec);
    graph.addInput(value(spec.name(), spec.type(), spec.shape()));
  }

  private void output(TensorSpec spec) {
    outputs.add(spec);
    graph.addOutput(value(spec.name(), spec.type(), spec.shape()));
  }

  private static ValueInfoProto value(String name, ElementType type, List<Long> shape) {
    return value(name, number(type), shape);
  }

  private static ValueInfoProto value(String name, int type, List<Long> shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (int i = 0; i < shape.size(); i++) {
      TensorShapeProto.Dimension.Builder size = sizes.addDimBuilder();
      if (shape.get(i) != -1) {
        size.setDimValue(shape.get(i));
      } else if (i == 0) {
        size.setDimParam("batch");
      }
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(sizes)))
        .build();
  }

  private static int number(ElementType type) {
    return switch (type) {
      case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
      case FLOAT64 -> TensorProto.DataType.DOUBLE_VALUE;
      case INT32 -> TensorProto.DataType.INT32_VALUE;
      case INT64 -> TensorProto.DataType.INT64_VALUE;
      case FLOAT16 -> TensorProto.DataType.FLOAT16_VALUE;
      case BFLOAT16 -> TensorProto.DataType.BFLOAT16_VALUE;
      case INT8 -> TensorProto.DataType.INT8_VALUE;
      case INT16 -> TensorProto.DataType.INT16_VALUE;
      case UINT8 -> TensorProto.DataType.UINT8_VALUE;
      case UINT16 -> TensorProto.DataType.UINT16_VALUE;
      case UINT32 -> TensorProto.DataType.UINT32_VALUE;
      case UINT64 -> TensorProto.DataType.UINT64_VALUE;
      case BOOL -> TensorProto.DataType.BOOL_VALUE;
      case STRING -> TensorProto.DataType.STRING_VALUE;
    };
  }

  private void dense(Random random, String input, String output, int from, int to) {
    weights(random, output + "_weights", from, to);
    weights(random, output + "_bias", to);
    node("Gemm", output, input, output + "_weights", output + "_bias");
  }

  private void weights(Random random, String name, int... shape) {
    TensorProto.Builder tensor = floats(name, shape);
    int count = Arrays.stream(shape).reduce(1, (some, more) -> some * more);
    double scale = Math.sqrt(2.0 * shape[shape.length - 1] / count);
    for (int i = 0; i < count; i++) {
      tensor.addFloatData((float) (random.nextGaussian() * scale));
    }
    graph.addInitializer(tensor);
  }

  private static TensorProto.Builder floats(String name, int... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT_VALUE);
    for (int size : shape) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private void constant(String name, long... values) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.INT64_VALUE)
            .addDims(values.length);
    Arrays.stream(values).forEach(tensor::addInt64Data);
    graph.addInitializer(tensor);
  }

  private void zero(String name) {
    graph.addInitializer(
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addFloatData(0));
  }

  private static AttributeProto axis(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private void node(String operator, String output, String... from) {
    node(operator, output, List.of(from));
  }

  private void node(
      String operator, String output, List<String> from, AttributeProto... attributes) {
    graph.addNode(
        NodeProto.newBuilder()
            .setName(output)
            .setOpType(operator)
            .addAllInput(from)
            .addOutput(output)
            .addAllAttribute(List.of(attributes)));
  }

  private Signature write(Path directory) {
    save(directory);
    return new Signature(inputs, outputs);
  }

  private void save(Path directory) {
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(FORMAT)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(operatorSet))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(2))
            .setGraph(graph)
            .build();
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve(FILE), model.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
