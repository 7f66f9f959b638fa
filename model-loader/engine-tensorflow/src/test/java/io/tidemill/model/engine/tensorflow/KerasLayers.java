package io.tidemill.model.engine.tensorflow;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.ndarray.index.Indices;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.HashTable;
import org.tensorflow.op.math.Bincount;
import org.tensorflow.op.ragged.RaggedTensorToTensor;
import org.tensorflow.op.strings.StringSplit;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/** Layers of Keras, out of the operations that it exports them with, and what they answer. */
final class KerasLayers {
  /** The node that fills the table of {@link #vectorize(Ops, Operand)}. */
  static final String FILLING = "fill";

  static final int WORDS = 4;
  static final int STEPS = 3;
  static final int FEATURES = 2;
  static final int UNITS = 2;

  private static final List<String> VOCABULARY = List.of("late", "payment", "chargeback");
  private static final int FIRST_WORD = 2;
  private static final int UNKNOWN_WORD = 1;
  private static final int GATES = 4;

  private static final DataType FLOAT = DataType.DT_FLOAT;

  /** What a step hands to the next, and what stays as it is, in this order. */
  private static final Map<String, DataType> LOOP = loop();

  private KerasLayers() {}

  private static Map<String, DataType> loop() {
    Map<String, DataType> loop = new LinkedHashMap<>();
    loop.put("step", DataType.DT_INT32);
    loop.put("answers", DataType.DT_VARIANT);
    loop.put("h", FLOAT);
    loop.put("c", FLOAT);
    loop.put("steps", DataType.DT_INT32);
    loop.put("features", DataType.DT_VARIANT);
    loop.put("kernel", FLOAT);
    loop.put("recurrent_kernel", FLOAT);
    loop.put("bias", FLOAT);
    return loop;
  }

  /** {@code TextVectorization}: texts [-1] to the numbers of their first words [-1, 4]. */
  static Operand<TInt64> vectorize(Ops tf, Operand<TString> texts) {
    HashTable table = tf.hashTable(TString.class, TInt64.class, HashTable.sharedName("vocabulary"));
    long[] numbers = new long[VOCABULARY.size()];
    Arrays.setAll(numbers, i -> FIRST_WORD + i);
    tf.withName(FILLING)
        .lookupTableImport(
            table,
            tf.constant(NdArrays.vectorOfObjects(VOCABULARY.toArray(new String[0]))),
            tf.constant(numbers));
    StringSplit words =
        tf.strings.stringSplit(
            tf.strings.staticRegexReplace(
                tf.strings.lower(texts), "[!\"#$%&()\\*\\+,-\\./:;<=>?@\\[\\\\\\]^_`{|}~\\']", ""),
            tf.constant(""));
    Operand<TInt64> found =
        tf.lookupTableFind(table, words.values(), tf.constant((long) UNKNOWN_WORD));
    Operand<TBool> empty = tf.math.equal(words.values(), tf.constant(""));
    return RaggedTensorToTensor.create(
        tf.scope(),
        tf.constant(new long[] {-1, WORDS}),
        tf.select(empty, tf.constant(0L), found),
        tf.constant(0L),
        List.of(starts(tf, words)),
        List.of("ROW_SPLITS"));
  }

  /** Where the words of each text begin, and where the last ones end. */
  private static Operand<TInt64> starts(Ops tf, StringSplit words) {
    Operand<TInt32> rows =
        tf.dtypes.cast(
            tf.stridedSlice(words.indices(), Indices.all(), Indices.at(0)), TInt32.class);
    Operand<TInt32> count =
        tf.dtypes.cast(tf.stridedSlice(words.shape(), Indices.at(0)), TInt32.class);
    Operand<TInt64> lengths =
        Bincount.create(
            tf.scope(), rows, count, tf.zeros(tf.constant(new int[] {0}), TInt64.class));
    return tf.concat(
        List.of(tf.constant(new long[] {0}), tf.math.cumsum(lengths, tf.constant(0))),
        tf.constant(0));
  }

  /** The same, calculated here. */
  static float[] vectorized(String text) {
    float[] numbers = new float[WORDS];
    String[] words =
        text.toLowerCase(Locale.ROOT).replaceAll("\\p{Punct}", "").strip().split("\\s+");
    for (int i = 0; i < Math.min(WORDS, words.length); i++) {
      int known = VOCABULARY.indexOf(words[i]);
      numbers[i] = words[i].isEmpty() ? 0 : known < 0 ? UNKNOWN_WORD : FIRST_WORD + known;
    }
    return numbers;
  }

  /**
   * {@code LSTM(2, return_sequences=True)}: [-1, 3, 2] to [-1, 3, 2], but for its loop, which
   * {@link #addLoop} adds: the Java classes make no functions of lists.
   */
  static Operand<TFloat32> lstm(Ops tf, Operand<TFloat32> x) {
    Operand<TInt32> stepsFirst = tf.constant(new int[] {1, 0, 2});
    Operand<TFloat32> features = tf.linalg.transpose(x, stepsFirst);
    Operand<TInt32> rows = tf.stridedSlice(tf.shape(features), Indices.at(1));
    Operand<TInt32> steps =
        tf.withName("steps").identity(tf.stridedSlice(tf.shape(features), Indices.at(0)));
    tf.withName("first").constant(0);
    tf.withName("zeros").fill(tf.stack(List.of(rows, tf.constant(UNITS))), tf.constant(0f));
    tf.withName("features").tensorListFromTensor(features, tf.constant(new int[] {-1, FEATURES}));
    weights(tf.withName("kernel"), FEATURES, GATES * UNITS);
    weights(tf.withName("recurrent_kernel"), UNITS, GATES * UNITS);
    weights(tf.withName("bias"), GATES * UNITS);
    Operand<TInt32> ofUnits = tf.constant(new int[] {-1, UNITS});
    Operand<?> answers = tf.withName("answers").tensorListReserve(ofUnits, steps, TFloat32.class);
    return tf.linalg.transpose(
        tf.withName("stacked").tensorListStack(list(answers), ofUnits, TFloat32.class), stepsFirst);
  }

  @SuppressWarnings("unchecked")
  private static Operand<TType> list(Operand<?> list) {
    return (Operand<TType>) list;
  }

  /** Puts the loop of {@link #lstm} between the lists that it reads and writes. */
  static void addLoop(GraphDef.Builder graph) {
    NodeDef.Builder loop =
        NodeDef.newBuilder()
            .setName("while")
            .setOp("StatelessWhile")
            .addAllInput(
                List.of(
                    "first",
                    "answers",
                    "zeros",
                    "zeros",
                    "steps",
                    "features",
                    "kernel",
                    "recurrent_kernel",
                    "bias"));
    AttrValue.Builder types = AttrValue.newBuilder();
    types.getListBuilder().addAllType(LOOP.values());
    loop.putAttr("T", types.build());
    loop.putAttr("cond", called("has_next"));
    loop.putAttr("body", called("next"));
    graph.addNode(loop);
    graph.getNodeBuilderList().stream()
        .filter(node -> node.getName().equals("stacked"))
        .forEach(node -> node.setInput(0, "while:1"));

    FunctionDef.Builder condition = function(graph, "has_next");
    add(condition, "more", "Less", DataType.DT_INT32, "step", "steps");
    answer(condition, "more", DataType.DT_BOOL, "more:z:0");

    FunctionDef.Builder body = function(graph, "next");
    constant(body, "of_features", Shape.of(2), -1, FEATURES);
    constant(body, "axis", Shape.scalar(), 1);
    constant(body, "one", Shape.scalar(), 1);
    add(body, "x", "TensorListGetItem", FLOAT, "features", "step", "of_features:output:0");
    add(body, "of_x", "MatMul", FLOAT, "x:item:0", "kernel");
    add(body, "of_h", "MatMul", FLOAT, "h", "recurrent_kernel");
    add(body, "both", "AddV2", FLOAT, "of_x:product:0", "of_h:product:0");
    add(body, "gates", "BiasAdd", FLOAT, "both:z:0", "bias");
    add(body, "gate", "Split", FLOAT, "axis:output:0", "gates:output:0")
        .putAttr("num_split", AttrValue.newBuilder().setI(GATES).build());
    add(body, "in", "Sigmoid", FLOAT, "gate:output:0");
    add(body, "keep", "Sigmoid", FLOAT, "gate:output:1");
    add(body, "new", "Tanh", FLOAT, "gate:output:2");
    add(body, "out", "Sigmoid", FLOAT, "gate:output:3");
    add(body, "kept", "Mul", FLOAT, "keep:y:0", "c");
    add(body, "added", "Mul", FLOAT, "in:y:0", "new:y:0");
    add(body, "state", "AddV2", FLOAT, "kept:z:0", "added:z:0");
    add(body, "bounded", "Tanh", FLOAT, "state:z:0");
    add(body, "answer", "Mul", FLOAT, "out:y:0", "bounded:y:0");
    add(body, "written", "TensorListSetItem", FLOAT, "answers", "step", "answer:z:0");
    add(body, "following", "AddV2", DataType.DT_INT32, "step", "one:output:0");
    Map<String, String> changed =
        Map.of(
            "step", "following:z:0",
            "answers", "written:output_handle:0",
            "h", "answer:z:0",
            "c", "state:z:0");
    LOOP.forEach((name, type) -> answer(body, name, type, changed.getOrDefault(name, name)));
  }

  private static AttrValue called(String function) {
    AttrValue.Builder called = AttrValue.newBuilder();
    called.getFuncBuilder().setName(function);
    return called.build();
  }

  private static FunctionDef.Builder function(GraphDef.Builder graph, String name) {
    FunctionDef.Builder function = graph.getLibraryBuilder().addFunctionBuilder();
    function.getSignatureBuilder().setName(name);
    LOOP.forEach(
        (argument, type) ->
            function.getSignatureBuilder().addInputArgBuilder().setName(argument).setType(type));
    return function;
  }

  private static void answer(
      FunctionDef.Builder function, String name, DataType type, String tensor) {
    String answer = "next_" + name;
    function.getSignatureBuilder().addOutputArgBuilder().setName(answer).setType(type);
    function.putRet(answer, tensor);
  }

  private static NodeDef.Builder add(
      FunctionDef.Builder function,
      String name,
      String operation,
      DataType type,
      String... inputs) {
    return function
        .addNodeDefBuilder()
        .setName(name)
        .setOp(operation)
        .addAllInput(List.of(inputs))
        .putAttr(
            operation.startsWith("TensorList") ? "element_dtype" : "T",
            AttrValue.newBuilder().setType(type).build());
  }

  private static void constant(
      FunctionDef.Builder function, String name, Shape shape, int... values) {
    TensorProto.Builder value = TensorProto.newBuilder().setDtype(DataType.DT_INT32);
    for (long size : shape.asArray()) {
      value.getTensorShapeBuilder().addDimBuilder().setSize(size);
    }
    for (int number : values) {
      value.addIntVal(number);
    }
    function
        .addNodeDefBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", AttrValue.newBuilder().setType(DataType.DT_INT32).build())
        .putAttr("value", AttrValue.newBuilder().setTensor(value).build());
  }

  private static void weights(Ops tf, int... shape) {
    long[] sizes = Arrays.stream(shape).asLongStream().toArray();
    tf.constant(Shape.of(sizes), DataBuffers.of(weights(shape)));
  }

  private static float[] weights(int... shape) {
    Random random = new Random(Arrays.hashCode(shape));
    float[] weights = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) random.nextGaussian();
    }
    return weights;
  }

  /** The same of one row, calculated here. */
  static double[] recurred(float[] row) {
    double[] answers = new double[STEPS * UNITS];
    double[] answer = new double[UNITS];
    double[] state = new double[UNITS];
    for (int step = 0; step < STEPS; step++) {
      double[] before = answer.clone();
      for (int unit = 0; unit < UNITS; unit++) {
        double kept = sigmoid(gate(1, unit, row, step, before)) * state[unit];
        double added =
            sigmoid(gate(0, unit, row, step, before)) * Math.tanh(gate(2, unit, row, step, before));
        state[unit] = kept + added;
        answer[unit] = sigmoid(gate(3, unit, row, step, before)) * Math.tanh(state[unit]);
        answers[step * UNITS + unit] = answer[unit];
      }
    }
    return answers;
  }

  private static double gate(int gate, int unit, float[] row, int step, double[] before) {
    int column = gate * UNITS + unit;
    double sum = weights(GATES * UNITS)[column];
    for (int i = 0; i < FEATURES; i++) {
      sum +=
          row[step * FEATURES + i] * weights(FEATURES, GATES * UNITS)[i * GATES * UNITS + column];
    }
    for (int i = 0; i < UNITS; i++) {
      sum += before[i] * weights(UNITS, GATES * UNITS)[i * GATES * UNITS + column];
    }
    return sum;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
