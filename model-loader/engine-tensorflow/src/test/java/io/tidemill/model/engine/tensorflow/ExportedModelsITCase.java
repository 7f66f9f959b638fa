package io.tidemill.model.engine.tensorflow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Model;
import io.tidemill.model.ModelCallException;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ColumnBatch;
import io.tidemill.model.columnar.ColumnMemory;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.AllowedOperations;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.apache.arrow.memory.BufferAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.HashTable;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.While;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.Example;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/** Graphs of the kinds that people export, whose parts do more than multiply. */
class ExportedModelsITCase {
  private static final TensorSpec FLOATS = TensorSpec.of("x", ElementType.FLOAT32, -1);
  private static final TensorSpec STRINGS = TensorSpec.of("text", ElementType.STRING, -1);
  private static final TensorSpec SCORE = TensorSpec.of("score", ElementType.FLOAT32, -1);

  /** Adds a tensor to itself, in the form in which JAX keeps programs. */
  private static final String DOUBLING =
      """
      module @program attributes { jax.uses_shape_polymorphism = true } {
        "vhlo.func_v1"() <{
            arg_attrs = #vhlo.array_v1<[]>,
            function_type = #vhlo.type_v1<!vhlo.func_v1<(!vhlo.tensor_v1<?x!vhlo.f32_v1>) -> !vhlo.tensor_v1<?x!vhlo.f32_v1>>>,
            res_attrs = #vhlo.array_v1<[]>,
            sym_name = #vhlo.string_v1<"main">,
            sym_visibility = #vhlo.string_v1<"public">}> ({
        ^bb0(%x: !vhlo.tensor_v1<?x!vhlo.f32_v1>):
          %sum = "vhlo.add_v1"(%x, %x) : (!vhlo.tensor_v1<?x!vhlo.f32_v1>, !vhlo.tensor_v1<?x!vhlo.f32_v1>) -> !vhlo.tensor_v1<?x!vhlo.f32_v1>
          "vhlo.return_v1"(%sum) : (!vhlo.tensor_v1<?x!vhlo.f32_v1>) -> ()
        }) : () -> ()
      }
      """;

  @TempDir Path folder;

  private static Operand<TFloat32> floats(Ops tf) {
    return tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(-1)));
  }

  private static Operand<TString> strings(Ops tf) {
    return tf.placeholder(TString.class, Placeholder.shape(Shape.of(-1)));
  }

  private void export(SavedModels.Author author) {
    SavedModels.export(folder, "serving_default", author);
  }

  private void change(Consumer<MetaGraphDef.Builder> change) throws IOException {
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    change.accept(saved.getMetaGraphsBuilder(0));
    Files.write(file, saved.build().toByteArray());
  }

  private void initializeWith(String node) throws IOException {
    SignatureDef initializing =
        SignatureDef.newBuilder()
            .putOutputs("__saved_model_init_op", TensorInfo.newBuilder().setName(node).build())
            .build();
    change(graph -> graph.putSignatureDef("__saved_model_init_op", initializing));
  }

  private Signature signature() {
    return new TensorFlowEngine().signature(folder).orElseThrow();
  }

  private float[] scores(int rows, Consumer<ColumnBatch> fill) {
    return scores(signature(), rows, fill);
  }

  private float[] scores(Signature signature, int rows, Consumer<ColumnBatch> fill) {
    try (Model model = Loading.load(folder, signature);
        BufferAllocator memory = ColumnMemory.child("exported", 1 << 24);
        ColumnBatch input = ColumnBatch.allocate(memory, signature.inputColumns(), rows)) {
      fill.accept(input);
      input.rows(rows);
      try (ColumnBatch output = model.predict(input, memory)) {
        float[] scores = new float[rows * output.column(0).spec().elementsPerRow()];
        for (int i = 0; i < scores.length; i++) {
          scores[i] = output.fixedWidth(0).number(i).floatValue();
        }
        return scores;
      }
    }
  }

  private static Consumer<ColumnBatch> of(float... values) {
    return input -> input.fixedWidth(0).setFloats(0, values, 0, values.length);
  }

  private static Consumer<ColumnBatch> of(byte[]... texts) {
    return input -> {
      for (byte[] text : texts) {
        input.strings(0).append(text, 0, text.length);
      }
    };
  }

  @Test
  void looksStringsUpInATableThatTheGraphFills() throws IOException {
    export(
        (tf, tensors) -> {
          HashTable table =
              tf.hashTable(TString.class, TInt64.class, HashTable.sharedName("words"));
          tf.withName("fill")
              .initializeTable(
                  table,
                  tf.constant(NdArrays.vectorOfObjects("red", "green")),
                  tf.constant(new long[] {4, 7}));
          Operand<TString> text = tensors.input(STRINGS, strings(tf));
          tensors.output(
              TensorSpec.of("id", ElementType.INT64, -1),
              // The shape is not known behind a look-up.
              tf.reshape(
                  tf.lookupTableFind(table, text, tf.constant(-1L)), tf.constant(new int[] {-1})));
        });
    initializeWith("fill");

    assertThat(
            scores(3, of("green".getBytes(UTF_8), "blue".getBytes(UTF_8), "red".getBytes(UTF_8))))
        .containsExactly(7f, -1f, 4f);
  }

  @Test
  void turnsTextsIntoTheNumbersOfTheirWords() throws IOException {
    export(
        (tf, tensors) ->
            tensors.output(
                TensorSpec.of("words", ElementType.INT64, -1, KerasLayers.WORDS),
                KerasLayers.vectorize(tf, tensors.input(STRINGS, strings(tf)))));
    initializeWith(KerasLayers.FILLING);
    List<String> texts =
        List.of("Late  PAYMENT, 3rd!", "", "chargeback. late, late; late: payment", "'late'");

    float[] words =
        scores(
            texts.size(),
            of(texts.stream().map(text -> text.getBytes(UTF_8)).toArray(byte[][]::new)));

    for (int row = 0; row < texts.size(); row++) {
      int start = row * KerasLayers.WORDS;
      assertThat(Arrays.copyOfRange(words, start, start + KerasLayers.WORDS))
          .containsExactly(KerasLayers.vectorized(texts.get(row)));
    }
  }

  @Test
  void runsARecurrentLayer() throws IOException {
    TensorSpec series =
        TensorSpec.of("series", ElementType.FLOAT32, -1, KerasLayers.STEPS, KerasLayers.FEATURES);
    TensorSpec answers =
        TensorSpec.of("answers", ElementType.FLOAT32, -1, KerasLayers.STEPS, KerasLayers.UNITS);
    export(
        (tf, tensors) ->
            tensors.output(
                answers,
                KerasLayers.lstm(
                    tf,
                    tensors.input(
                        series,
                        tf.placeholder(
                            TFloat32.class,
                            Placeholder.shape(
                                Shape.of(-1, KerasLayers.STEPS, KerasLayers.FEATURES)))))));
    change(graph -> KerasLayers.addLoop(graph.getGraphDefBuilder()));
    float[][] rows = {{1, 0, 0.5f, -2, 3, 1}, {0, 0, 0, 0, 0, 0}, {-1, 4, 0.25f, 0.75f, -3, -3}};

    float[] flat = new float[rows.length * rows[0].length];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(rows[row], 0, flat, row * rows[row].length, rows[row].length);
    }

    float[] scores = scores(rows.length, of(flat));

    for (int row = 0; row < rows.length; row++) {
      double[] expected = KerasLayers.recurred(rows[row]);
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) scores[row * expected.length + i]).isCloseTo(expected[i], within(1e-6));
      }
    }
  }

  @Test
  void runsAProgramOfJaxOnlyWhereItIsAllowedByName() throws IOException {
    export(
        (tf, tensors) ->
            tensors.output(
                SCORE, tf.withName("answer").identity(tensors.input(FLOATS, floats(tf)))));
    change(graph -> compute(graph.getGraphDefBuilder(), "answer", DOUBLING));

    assertThatThrownBy(() -> scores(2, of(1f, -0.5f)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "operations are refused: XlaCallModule (runs a program that JAX compiled, which is not looked into)");
    System.setProperty(AllowedOperations.PROPERTY, "fraud/XlaCallModule");
    try {
      assertThat(scores(2, of(1f, -0.5f))).containsExactly(2f, -1f);
    } finally {
      System.clearProperty(AllowedOperations.PROPERTY);
    }
  }

  /** Puts a program before a node, on floats of one dimension. */
  private static void compute(GraphDef.Builder graph, String name, String program) {
    NodeDef.Builder node =
        graph.getNodeBuilderList().stream()
            .filter(found -> found.getName().equals(name))
            .findFirst()
            .orElseThrow();
    AttrValue.Builder floats = AttrValue.newBuilder();
    floats.getListBuilder().addType(DataType.DT_FLOAT);
    AttrValue.Builder anyRows = AttrValue.newBuilder();
    anyRows.getListBuilder().addShapeBuilder().addDimBuilder().setSize(-1);
    AttrValue.Builder cpu = AttrValue.newBuilder();
    cpu.getListBuilder().addS(ByteString.copyFromUtf8("CPU"));
    graph
        .addNodeBuilder()
        .setName("program")
        .setOp("XlaCallModule")
        .addInput(node.getInput(0))
        .putAttr("version", AttrValue.newBuilder().setI(9).build())
        .putAttr("module", AttrValue.newBuilder().setS(ByteString.copyFromUtf8(program)).build())
        .putAttr("platforms", cpu.build())
        .putAttr("Tin", floats.build())
        .putAttr("Tout", floats.build())
        .putAttr("Sout", anyRows.build());
    node.setInput(0, "program");
  }

  @Test
  void decodesJpegs() throws IOException {
    SavedModels.jpegs(folder);
    byte[] red = jpeg(0xC02010);
    byte[] blue = jpeg(0x1020C0);

    float[] means = scores(2, of(red, blue));

    for (int row = 0; row < 2; row++) {
      int pixel = ImageIO.read(new ByteArrayInputStream(row == 0 ? red : blue)).getRGB(0, 0);
      for (int channel = 0; channel < 3; channel++) {
        assertThat(means[3 * row + channel])
            .isCloseTo((pixel >> (16 - 8 * channel)) & 0xFF, within(2f));
      }
    }
  }

  private static byte[] jpeg(int colour) throws IOException {
    BufferedImage picture = new BufferedImage(16, 8, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 16 * 8; i++) {
      picture.setRGB(i % 16, i / 16, colour);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(picture, "jpg", out);
    return out.toByteArray();
  }

  @Test
  void parsesExamples() {
    export(
        (tf, tensors) -> {
          Operand<TString> none = tf.zeros(tf.constant(new long[] {0}), TString.class);
          Operand<?> amounts =
              (Operand<?>)
                  tf.io
                      .parseExample(
                          tensors.input(STRINGS, strings(tf)),
                          none,
                          none,
                          tf.constant(NdArrays.vectorOfObjects("amount")),
                          none,
                          List.of(tf.constant(new float[] {0f, 0f})),
                          0L,
                          List.of(),
                          List.of(),
                          List.of(),
                          List.of(Shape.of(2)))
                      .denseValues()
                      .get(0);
          tensors.output(TensorSpec.of("amounts", ElementType.FLOAT32, -1, 2), amounts);
        });

    assertThat(scores(2, of(example(1.5f, -2f), example()))).containsExactly(1.5f, -2f, 0f, 0f);
  }

  private static byte[] example(float... amounts) {
    Example.Builder example = Example.newBuilder();
    if (amounts.length > 0) {
      Feature.Builder feature = Feature.newBuilder();
      feature.getFloatListBuilder().addValue(amounts[0]).addValue(amounts[1]);
      example.getFeaturesBuilder().putFeature("amount", feature.build());
    }
    return example.build().toByteArray();
  }

  private void exportLoop() {
    ConcreteFunction condition =
        ConcreteFunction.create(
            tf -> {
              Placeholder<TInt32> step =
                  tf.placeholder(TInt32.class, Placeholder.shape(Shape.scalar()));
              Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
              return org.tensorflow.Signature.builder("condition")
                  .input("step", step)
                  .input("x", x)
                  .output("more", tf.math.less(step, tf.constant(3)))
                  .build();
            });
    ConcreteFunction body =
        ConcreteFunction.create(
            tf -> {
              Placeholder<TInt32> step =
                  tf.placeholder(TInt32.class, Placeholder.shape(Shape.scalar()));
              Placeholder<TFloat32> x = tf.placeholder(TFloat32.class);
              return org.tensorflow.Signature.builder("body")
                  .input("step", step)
                  .input("x", x)
                  .output("next", tf.math.add(step, tf.constant(1)))
                  .output("doubled", tf.math.add(x, x))
                  .build();
            });
    export(
        (tf, tensors) ->
            tensors.output(
                SCORE,
                (Operand<?>)
                    tf.whileOp(
                            List.of(tf.constant(0), tensors.input(FLOATS, floats(tf))),
                            condition,
                            body,
                            While.outputShapes(Shape.scalar(), Shape.of(-1)))
                        .output()
                        .get(1)));
  }

  @Test
  void runsLoops() {
    exportLoop();

    assertThat(scores(2, of(1f, -0.5f))).containsExactly(8f, -4f);
  }

  @Test
  void runsAGraphThatWasExportedForAGpuOnTheCpuThatIsSaid() throws IOException {
    exportLoop();
    change(
        graph -> {
          GraphDef.Builder nodes = graph.getGraphDefBuilder();
          nodes.getNodeBuilderList().forEach(node -> node.setDevice("/device:GPU:0"));
          nodes.getLibraryBuilder().getFunctionBuilderList().stream()
              .flatMap(function -> function.getNodeDefBuilderList().stream())
              .forEach(node -> node.setDevice("/device:GPU:0"));
        });

    assertThat(scores(2, of(1f, -0.5f))).containsExactly(8f, -4f);
  }

  @Test
  void failsTheCallWhoseAssertionFailsAndNoOther() {
    export(
        (tf, tensors) -> {
          Operand<TFloat32> x = tensors.input(FLOATS, floats(tf));
          Operand<TBool> good =
              tf.reduceAll(tf.math.greaterEqual(x, tf.constant(0f)), tf.constant(0));
          Op checked = tf.assertThat(good, List.of(x));
          tensors.output(SCORE, tf.withControlDependencies(checked).identity(x));
        });

    assertThatThrownBy(() -> scores(1, of(-1f)))
        .isInstanceOf(ModelCallException.class)
        .hasMessageContaining("assertion failed");
    assertThat(scores(1, of(1f))).containsExactly(1f);
  }

  @Test
  void restoresVariablesAlsoBesideASecondSaverThatNothingAsksFor() throws IOException {
    export(
        (tf, tensors) -> {
          Operand<TFloat32> weight = tf.variable(tf.constant(3f));
          tensors.output(SCORE, tf.math.mul(tensors.input(FLOATS, floats(tf)), weight));
        });
    change(ExportedModelsITCase::addSecondSaver);

    assertThat(scores(2, of(1f, -2f))).containsExactly(3f, -6f);
  }

  /** Copies all that the first saver restores with, but for the variables. */
  private static void addSecondSaver(MetaGraphDef.Builder graph) {
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    graph.getGraphDef().getNodeList().forEach(node -> nodes.put(node.getName(), node));
    Map<String, NodeDef> saver = new LinkedHashMap<>();
    Deque<String> open = new ArrayDeque<>(List.of(graph.getSaverDef().getRestoreOpName()));
    while (!open.isEmpty()) {
      String name = open.remove().replaceAll("^\\^|:\\d+$", "");
      NodeDef node = nodes.get(name);
      if (node != null && !node.getOp().startsWith("Var") && saver.put(name, node) == null) {
        open.addAll(node.getInputList());
      }
    }
    assertThat(saver.values()).extracting(NodeDef::getOp).contains("RestoreV2");
    for (NodeDef node : saver.values()) {
      NodeDef.Builder copy = graph.getGraphDefBuilder().addNodeBuilder().mergeFrom(node);
      copy.setName("save_1/" + node.getName()).clearInput();
      for (String input : node.getInputList()) {
        String name = input.replaceAll("^\\^|:\\d+$", "");
        copy.addInput(saver.containsKey(name) ? input.replace(name, "save_1/" + name) : input);
      }
    }
  }

  @Test
  void takesTheTensorsThatAreGivenWhereRanksAreUnknown() throws IOException {
    export(
        (tf, tensors) -> {
          Operand<TFloat32> x = tensors.input(FLOATS, tf.placeholder(TFloat32.class));
          tensors.output(SCORE, tf.math.add(x, x));
        });
    change(
        graph -> {
          SignatureDef.Builder served = graph.getSignatureDefOrThrow("serving_default").toBuilder();
          TensorShapeProto unknown = TensorShapeProto.newBuilder().setUnknownRank(true).build();
          TensorInfo x = served.getInputsOrThrow("x");
          TensorInfo score = served.getOutputsOrThrow("score");
          served.putInputs("x", x.toBuilder().setTensorShape(unknown).build());
          served.putOutputs("score", score.toBuilder().setTensorShape(unknown).build());
          graph.putSignatureDef("serving_default", served.build());
        });
    Signature given =
        new Signature(
            List.of(TensorSpec.of("x", ElementType.FLOAT32, -1, 2)),
            List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 2)));

    assertThatThrownBy(this::signature)
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "input 'x' is float32[of any rank], which has no rows (expected: a dimension for them, of the files or that you say)");
    assertThat(new TensorFlowEngine().check(folder, given)).isEmpty();
    assertThat(scores(given, 1, of(1f, 2f))).containsExactly(2f, 4f);
  }
}
