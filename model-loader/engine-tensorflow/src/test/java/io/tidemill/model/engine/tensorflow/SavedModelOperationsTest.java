package io.tidemill.model.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.Placement;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.Operation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

class SavedModelOperationsTest {
  private static final Signature SIGNATURE =
      new Signature(
          List.of(TensorSpec.of("in", ElementType.FLOAT32, -1)),
          List.of(TensorSpec.of("out", ElementType.FLOAT32, -1)));

  @TempDir Path folder;

  /** A graph that multiplies, and restores and saves a variable in functions of its own. */
  private static MetaGraphDef.Builder clean() {
    MetaGraphDef.Builder graph = MetaGraphDef.newBuilder();
    graph.getMetaInfoDefBuilder().addTags("serve");
    graph
        .getGraphDefBuilder()
        .addNode(node("in", "Placeholder"))
        .addNode(node("product", "MatMul", "in", "in"))
        .addNode(node("filename", "Placeholder"))
        .addNode(caller("save", "traced_save", "filename"))
        .addNode(caller("restore", "traced_restore", "filename:0"));
    function(graph, "traced_save", node("a", "ShardedFilename"), node("b", "SaveV2", "a"));
    function(graph, "traced_restore", node("a", "RestoreV2", "prefix"));
    argument(graph, 1, "prefix");
    graph
        .getSaverDefBuilder()
        .setFilenameTensorName("filename:0")
        .setSaveTensorName("save:0")
        .setRestoreOpName("restore");
    graph.putSignatureDef(
        "serving_default",
        SignatureDef.newBuilder()
            .putInputs("in", floats("in:0"))
            .putOutputs("out", floats("product:0"))
            .build());
    return graph;
  }

  /** The same, but that the answer waits for another node. */
  private static MetaGraphDef.Builder using(NodeDef... nodes) {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addAllNode(List.of(nodes));
    graph.getGraphDefBuilder().getNodeBuilder(1).addInput("^" + nodes[0].getName());
    return graph;
  }

  private static TensorInfo floats(String name) {
    TensorInfo.Builder tensor = TensorInfo.newBuilder().setName(name).setDtype(DataType.DT_FLOAT);
    tensor.getTensorShapeBuilder().addDimBuilder().setSize(-1);
    return tensor.build();
  }

  private static NodeDef node(String name, String op, String... inputs) {
    return NodeDef.newBuilder().setName(name).setOp(op).addAllInput(List.of(inputs)).build();
  }

  private static NodeDef caller(String name, String function, String... inputs) {
    AttrValue.Builder called = AttrValue.newBuilder();
    called.getFuncBuilder().setName(function);
    return node(name, "StatefulPartitionedCall", inputs).toBuilder()
        .putAttr("f", called.build())
        .build();
  }

  private static void function(MetaGraphDef.Builder graph, String name, NodeDef... nodes) {
    FunctionDef.Builder function = FunctionDef.newBuilder().addAllNodeDef(List.of(nodes));
    function.getSignatureBuilder().setName(name);
    graph.getGraphDefBuilder().getLibraryBuilder().addFunction(function);
  }

  private static void argument(MetaGraphDef.Builder graph, int function, String name) {
    graph
        .getGraphDefBuilder()
        .getLibraryBuilder()
        .getFunctionBuilder(function)
        .getSignatureBuilder()
        .addInputArgBuilder()
        .setName(name);
  }

  private List<Operation> operations(MetaGraphDef.Builder graph) throws IOException {
    Files.write(
        folder.resolve("saved_model.pb"),
        SavedModel.newBuilder().addMetaGraphs(graph).build().toByteArray());
    Files.createDirectories(folder.resolve("variables"));
    Files.writeString(folder.resolve("variables/variables.index"), "");
    Files.writeString(folder.resolve("variables/variables.data-00000-of-00001"), "");
    return new TensorFlowEngine().operations(folder, SIGNATURE);
  }

  private List<String> dangerous(MetaGraphDef.Builder graph) throws IOException {
    return operations(graph).stream().filter(Operation::dangerous).map(Operation::name).toList();
  }

  @Test
  void countsOperationsOfGraphAndFunctions() throws IOException {
    assertThat(operations(clean()))
        .extracting(Operation::name, Operation::count, Operation::dangerous)
        .containsExactly(
            tuple("MatMul", 1, false),
            tuple("Placeholder", 2, false),
            tuple("RestoreV2", 1, false),
            tuple("SaveV2", 1, false),
            tuple("ShardedFilename", 1, false),
            tuple("StatefulPartitionedCall", 2, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ReadFile",
        "WriteFile",
        "DatasetFromGraph",
        "DebugIdentityV3",
        "RecordInput",
        "FixedUnigramCandidateSampler",
        "PyFunc",
        "RemoteCall",
        "TfLiteSubgraphExecute",
        "DecodeProtoV2",
        "XlaCallModule",
        "SaveV2",
        "RestoreV2",
        "SomethingNew"
      })
  void marksWhatIsNotKnownToOnlyCompute(String operation) throws IOException {
    assertThat(dangerous(using(node("used", operation)))).containsExactly(operation);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DecodeJpeg",
        "ParseExampleV2",
        "LookupTableFindV2",
        "HashTableV2",
        "RegexReplace",
        "StringSplitV2",
        "TensorListStack",
        "CudnnRNNV3",
        "CudnnRNNBackprop",
        "Conv2DBackpropInput",
        "ReadVariableOp",
        "VariableV2",
        "RandomUniform",
        "Assert",
        "StopGradient",
        "PrintV2"
      })
  void leavesAloneWhatExportsAreMadeOf(String operation) throws IOException {
    assertThat(dangerous(using(node("used", operation)))).isEmpty();
  }

  @Test
  void leavesAloneWhatNothingAsksFor() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph
        .getGraphDefBuilder()
        .addNode(node("save_1/restore_all", "NoOp", "^save_1/RestoreV2"))
        .addNode(node("save_1/RestoreV2", "RestoreV2"))
        .addNode(node("idle", "ReadFile"));
    function(graph, "idle", node("call", "PyFunc"));

    assertThat(dangerous(graph)).isEmpty();
  }

  @Test
  void judgesTheSignatureThatIsServedAndNoOther() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(node("read", "ReadFile"));
    graph.putSignatureDef(
        "other",
        SignatureDef.newBuilder()
            .putInputs("path", TensorInfo.newBuilder().setName("in:0").build())
            .putOutputs("content", TensorInfo.newBuilder().setName("read:0").build())
            .build());
    Signature other =
        new Signature(
            List.of(TensorSpec.of("path", ElementType.STRING, -1)),
            List.of(TensorSpec.of("content", ElementType.STRING, -1)));

    assertThat(dangerous(graph)).isEmpty();
    assertThat(new TensorFlowEngine().operations(folder, other))
        .filteredOn(Operation::dangerous)
        .extracting(Operation::name)
        .containsExactly("ReadFile");
  }

  @Test
  void stopsWhereACallFeeds() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(node("read", "ReadFile"));
    graph.getGraphDefBuilder().getNodeBuilder(0).setOp("PlaceholderWithDefault").addInput("read");

    assertThat(dangerous(graph)).isEmpty();
  }

  @Test
  void marksWhatStandsInAFunctionWhateverThatIsCalled() throws IOException {
    MetaGraphDef.Builder nested = using(caller("call", "outer"));
    function(nested, "outer", caller("call", "inner"));
    function(nested, "inner", node("read", "ReadFile"));
    MetaGraphDef.Builder hidden = clean();
    function(hidden, "MatMul", node("read", "ReadFile"));

    AttrValue.Builder branches = AttrValue.newBuilder();
    branches.getListBuilder().addFuncBuilder().setName("branch");
    MetaGraphDef.Builder chosen =
        using(
            node("case", "StatelessCase").toBuilder()
                .putAttr("branches", branches.build())
                .build());
    function(chosen, "branch", node("read", "ReadFile"));

    assertThat(dangerous(nested)).containsExactly("ReadFile");
    assertThat(dangerous(hidden)).containsExactly("ReadFile");
    assertThat(dangerous(chosen)).containsExactly("ReadFile");
  }

  @Test
  void leavesAFunctionAloneThatIsCalledByItsName() throws IOException {
    MetaGraphDef.Builder graph = using(node("call", "plus_one"));
    function(graph, "plus_one", node("one", "NoOp"));

    assertThat(dangerous(graph)).isEmpty();
  }

  @Test
  void marksFunctionsThatCallThemselves() throws IOException {
    MetaGraphDef.Builder alone = using(caller("call", "again"));
    function(alone, "again", caller("call", "again"));
    MetaGraphDef.Builder both = using(caller("call", "ping"));
    function(both, "ping", caller("call", "pong"));
    function(both, "pong", caller("call", "ping"));
    MetaGraphDef.Builder twice = using(caller("call", "leaf"), caller("more", "leaf"));
    function(twice, "leaf", node("one", "NoOp"));

    assertThat(dangerous(alone)).containsExactly("again");
    assertThat(dangerous(both)).containsExactly("ping");
    assertThat(dangerous(twice)).isEmpty();
  }

  @Test
  void aFunctionThatMayBeReplacedByItsCallerCallsItself() throws IOException {
    assertThat(dangerous(fallback("", ""))).containsExactly("gpu");
    assertThat(dangerous(fallback("/device:GPU:0", ""))).containsExactly("gpu");
  }

  @Test
  void aFunctionThatTensorFlowPutsInNoOthersPlaceIsNoCallOfIt() throws IOException {
    assertThat(dangerous(fallback("/job:localhost/device:CPU:0", ""))).isEmpty();
    assertThat(dangerous(fallback("", "backward_function_name"))).isEmpty();
  }

  /**
   * A function for GPUs that falls back to the one for CPUs, on a device; both are said to do the
   * same.
   */
  private static MetaGraphDef.Builder fallback(String device, String training) {
    MetaGraphDef.Builder graph = using(caller("call", "gpu"));
    function(graph, "gpu", caller("inner", "cpu").toBuilder().setDevice(device).build());
    function(graph, "cpu", node("one", "NoOp"));
    for (int i : new int[] {2, 3}) {
      FunctionDef.Builder function =
          graph.getGraphDefBuilder().getLibraryBuilder().getFunctionBuilder(i);
      function.putAttr("api_implements", text("lstm"));
      function.putAttr("api_preferred_device", text(i == 2 ? "GPU" : "CPU"));
      if (i == 2 && !training.isEmpty()) {
        function.putAttr(training, text("other"));
      }
    }
    return graph;
  }

  private static AttrValue text(String value) {
    return AttrValue.newBuilder().setS(ByteString.copyFromUtf8(value)).build();
  }

  @Test
  void leavesTablesFromAssetsAloneAndFromNoOtherFile() throws IOException {
    assertThat(dangerous(table("words.txt", "asset"))).isEmpty();
    assertThat(dangerous(table("../../words.txt", "asset")))
        .containsExactly("InitializeTableFromTextFileV2");
    assertThat(dangerous(table("/etc/passwd", "asset")))
        .containsExactly("InitializeTableFromTextFileV2");
    assertThat(dangerous(table("words\0.txt", "asset")))
        .containsExactly("InitializeTableFromTextFileV2");
    assertThat(dangerous(table("words.txt", "other")))
        .containsExactly("InitializeTableFromTextFileV2");
    // A call reads the path that stands in the graph: only the loader feeds assets.
    MetaGraphDef.Builder called = table("words.txt", "asset");
    called.getGraphDefBuilder().getNodeBuilder(1).addInput("^init");
    assertThat(dangerous(called)).containsExactly("InitializeTableFromTextFileV2");
  }

  @Test
  void findsAssetsWhereTensorFlow1WroteThemIfTheLoaderLooksThere() throws IOException {
    assertThat(dangerous(inCollection(table("words.txt", "asset")))).isEmpty();
    assertThat(dangerous(inCollection(table("../../words.txt", "asset"))))
        .containsExactly("InitializeTableFromTextFileV2");
    MetaGraphDef.Builder both = inCollection(table("words.txt", "asset"));
    both.addAssetFileDefBuilder().setFilename("x").getTensorInfoBuilder().setName("other:0");
    assertThat(dangerous(both)).containsExactly("InitializeTableFromTextFileV2");
    MetaGraphDef.Builder unreadable = table("words.txt", "asset");
    assets(unreadable, Any.pack(unreadable.getMetaInfoDef()));
    assertThat(dangerous(unreadable)).containsExactly("InitializeTableFromTextFileV2");
  }

  private static MetaGraphDef.Builder inCollection(MetaGraphDef.Builder graph) {
    return assets(graph, Any.pack(graph.getAssetFileDef(0)));
  }

  /** The same graph, whose only assets are in a collection. */
  private static MetaGraphDef.Builder assets(MetaGraphDef.Builder graph, Any asset) {
    CollectionDef.Builder assets = CollectionDef.newBuilder();
    assets.getAnyListBuilder().addValue(asset);
    return graph.clearAssetFileDef().putCollectionDef("saved_model_assets", assets.build());
  }

  /** A table that is filled in a function, from the file that a constant names. */
  private static MetaGraphDef.Builder table(String asset, String constant) {
    MetaGraphDef.Builder graph = clean();
    graph
        .getGraphDefBuilder()
        .addNode(node("asset", "Const"))
        .addNode(node("other", "Const"))
        .addNode(caller("init", "fill", constant));
    function(
        graph,
        "fill",
        node("path", "Identity", "file"),
        node("table", "HashTableV2"),
        node("lines", "InitializeTableFromTextFileV2", "table", "path:output:0"));
    argument(graph, 2, "file");
    graph.addAssetFileDefBuilder().setFilename(asset).getTensorInfoBuilder().setName("asset:0");
    initialize(graph);
    return graph;
  }

  private static void initialize(MetaGraphDef.Builder graph) {
    graph.putSignatureDef(
        "__saved_model_init_op",
        SignatureDef.newBuilder()
            .putOutputs("__saved_model_init_op", TensorInfo.newBuilder().setName("init").build())
            .build());
  }

  @Test
  void marksRestoringFromAFileThatTheLoaderDoesNotName() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph
        .getGraphDefBuilder()
        .addNode(node("elsewhere", "Const"))
        .getNodeBuilder(4)
        .setInput(0, "elsewhere");

    assertThat(dangerous(graph)).containsExactly("RestoreV2");
  }

  @Test
  void marksSavingAndRestoringThatMoreThanTheSaverAsksFor() throws IOException {
    MetaGraphDef.Builder used = clean();
    used.getGraphDefBuilder().getNodeBuilder(1).addInput("^save");
    MetaGraphDef.Builder restoring = clean();
    function(restoring, "evil", node("write", "SaveV2"));
    restoring.getGraphDefBuilder().addNode(caller("also", "evil"));
    restoring.getGraphDefBuilder().getNodeBuilder(4).addInput("^also");
    MetaGraphDef.Builder initializing = clean();
    initializing.putSignatureDef(
        "__saved_model_init_op",
        SignatureDef.newBuilder()
            .putOutputs("__saved_model_init_op", TensorInfo.newBuilder().setName("restore").build())
            .build());

    assertThat(dangerous(used)).containsExactly("SaveV2");
    assertThat(dangerous(restoring)).containsExactly("SaveV2");
    assertThat(dangerous(initializing)).containsExactly("RestoreV2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"main_op", "legacy_init_op", "saved_model_main_op"})
  void marksWhatTheInitializersOfOldExportsReach(String collection) throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph
        .getGraphDefBuilder()
        .addNode(node("init", "NoOp", "^write"))
        .addNode(node("write", "WriteFile"));
    CollectionDef.Builder initializers = CollectionDef.newBuilder();
    initializers.getNodeListBuilder().addValue("init");
    graph.putCollectionDef(collection, initializers.build());

    assertThat(dangerous(graph)).containsExactly("WriteFile");
  }

  @Test
  void marksPrintsToFilesAndToWhereTheyAreToldLater() throws IOException {
    AttrValue later = AttrValue.newBuilder().setPlaceholder("target").build();

    assertThat(dangerous(using(printTo("stderr")))).isEmpty();
    assertThat(dangerous(using(printTo("file:///tmp/x")))).containsExactly("PrintV2");
    assertThat(
            dangerous(
                using(node("p", "PrintV2").toBuilder().putAttr("output_stream", later).build())))
        .containsExactly("PrintV2");
  }

  private static NodeDef printTo(String stream) {
    AttrValue value = AttrValue.newBuilder().setS(ByteString.copyFromUtf8(stream)).build();
    return node("print", "PrintV2").toBuilder().putAttr("output_stream", value).build();
  }

  @Test
  void refusesDangerousOperationsBeforeLoading() throws IOException {
    operations(using(node("read", "ReadFile")));
    ModelVersion version =
        new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));

    assertThatThrownBy(() -> new TensorFlowEngine().load(version, SIGNATURE, folder, Placement.CPU))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(
            "fraud:1.4.2: operations are refused: ReadFile (is not known to only compute)")
        .hasMessageContaining("-Dtidemill.allowed-operations=fraud/ReadFile");
  }

  @Test
  void saysOfAProgramOfJaxWhatItIs() throws IOException {
    assertThat(operations(using(node("call", "XlaCallModule"))))
        .filteredOn(Operation::dangerous)
        .extracting(Operation::danger)
        .containsExactly("runs a program that JAX compiled, which is not looked into");
  }

  @ParameterizedTest
  @ValueSource(strings = {"variables.index", "variables.data-00000-of-00001"})
  void refusesAModelWithoutTheValuesOfItsVariables(String missing) throws IOException {
    operations(using(node("variable", "VarHandleOp")));
    assertThat(new TensorFlowEngine().signature(folder)).isPresent();
    Files.delete(folder.resolve("variables").resolve(missing));

    assertThatThrownBy(() -> new TensorFlowEngine().signature(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining(missing + " is not there, and the model has variables");
  }

  @ParameterizedTest
  @CsvSource({"NoOp, false", "HashTableV2, false", "Assign, true", "AssignVariableOp, true"})
  void needsNoFilesOfVariablesThatItsInitializersFill(String initializer, boolean filled)
      throws IOException {
    MetaGraphDef.Builder graph = using(node("variable", "VarHandleOp"));
    graph.getGraphDefBuilder().addNode(node("init", initializer));
    initialize(graph);
    operations(graph);
    Files.delete(folder.resolve("variables/variables.index"));

    ThrowingCallable reading = () -> new TensorFlowEngine().signature(folder);
    if (filled) {
      assertThatCode(reading).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(reading).hasMessageContaining("variables.index is not there");
    }
  }

  @Test
  void refusesAModelThatLacksOneOfTheFilesOfItsVariables() throws IOException {
    operations(using(node("variable", "VarHandleOp")));
    Path values = folder.resolve("variables/variables.data-00000-of-00001");
    Files.move(values, values.resolveSibling("variables.data-00000-of-00002"));

    assertThatThrownBy(() -> new TensorFlowEngine().signature(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("variables.data-00001-of-00002 is not there");
  }

  @Test
  void takesAModelBesideValuesThatAnEarlierExportLeft() throws IOException {
    operations(using(node("variable", "VarHandleOp")));
    for (int files = 2; files < 20; files++) {
      Files.createFile(folder.resolve("variables/variables.data-00001-of-%05d".formatted(files)));
    }

    assertThatCode(() -> new TensorFlowEngine().signature(folder)).doesNotThrowAnyException();
  }

  @Test
  void allowsOperationsByNameForEveryModelOrForOne() throws IOException {
    List<Operation> all = operations(using(node("read", "ReadFile")));

    assertThatCode(() -> allowed("ReadFile").check("fraud", "x", all)).doesNotThrowAnyException();
    assertThatCode(() -> allowed("fraud/ReadFile").check("fraud", "x", all))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> allowed("churn/ReadFile").check("fraud", "x", all))
        .isInstanceOf(InvalidModelException.class);
    assertThatThrownBy(() -> allowed("WriteFile").check("fraud", "x", all))
        .isInstanceOf(InvalidModelException.class);
  }

  private static AllowedOperations allowed(String name) {
    return new AllowedOperations(Set.of(name));
  }
}
