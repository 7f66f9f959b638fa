package io.tidemill.model.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
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
        .addNode(caller("restore", "traced_restore", "filename"));
    function(graph, "traced_save", node("a", "ShardedFilename"), node("b", "SaveV2", "a"));
    function(graph, "traced_restore", node("a", "RestoreV2"));
    graph
        .getSaverDefBuilder()
        .setFilenameTensorName("filename:0")
        .setSaveTensorName("save:0")
        .setRestoreOpName("restore");
    graph.putSignatureDef(
        "serving_default",
        SignatureDef.newBuilder()
            .putOutputs("out", TensorInfo.newBuilder().setName("product:0").build())
            .build());
    return graph;
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

  private List<Operation> operations(MetaGraphDef.Builder graph) throws IOException {
    Files.write(
        folder.resolve("saved_model.pb"),
        SavedModel.newBuilder().addMetaGraphs(graph).build().toByteArray());
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

  @Test
  void marksOperationsThatReadFilesAlsoWhereNothingAsksForThem() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(node("idle", "ReadFile"));

    assertThat(dangerous(graph)).containsExactly("ReadFile");
  }

  @Test
  void marksPythonInAFunctionOfTheLibrary() throws IOException {
    MetaGraphDef.Builder graph = clean();
    function(graph, "inner", node("call", "PyFunc"));

    assertThat(dangerous(graph)).containsExactly("PyFunc");
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

  @Test
  void marksPrintsToFilesOnly() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(printTo("stderr"));
    assertThat(dangerous(graph)).isEmpty();

    graph.getGraphDefBuilder().addNode(printTo("file:///tmp/x"));
    assertThat(dangerous(graph)).containsExactly("PrintV2");
  }

  private static NodeDef printTo(String stream) {
    AttrValue value = AttrValue.newBuilder().setS(ByteString.copyFromUtf8(stream)).build();
    return node("print " + stream, "PrintV2").toBuilder().putAttr("output_stream", value).build();
  }

  @Test
  void refusesDangerousOperationsBeforeLoading() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(node("read", "ReadFile"));
    operations(graph);
    ModelVersion version =
        new ModelVersion("fraud", SemanticVersion.parse("1.4.2"), "sha256:" + "0".repeat(64));

    assertThatThrownBy(() -> new TensorFlowEngine().load(version, SIGNATURE, folder, Placement.CPU))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("fraud:1.4.2: operations are refused: ReadFile (reads files)")
        .hasMessageContaining("-Dtidemill.allowed-operations=fraud/ReadFile");
  }

  @Test
  void allowsOperationsByNameForEveryModelOrForOne() throws IOException {
    MetaGraphDef.Builder graph = clean();
    graph.getGraphDefBuilder().addNode(node("read", "ReadFile"));
    List<Operation> all = operations(graph);

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
