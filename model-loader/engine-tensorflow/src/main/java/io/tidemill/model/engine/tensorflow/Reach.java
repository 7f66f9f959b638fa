package io.tidemill.model.engine.tensorflow;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SaverDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * Who asks for which nodes of a graph: a node is reached from those that take its output or wait
 * for it, and every node of a function from those that call it.
 *
 * <p>Not thread-safe.
 */
final class Reach {
  /** Who asks. */
  enum From {
    /** The loader, to fill the variables. */
    RESTORE,
    /** Whoever wants a checkpoint; nobody here. */
    SAVE,
    /** Calls of a signature, and what runs once after loading. */
    USE
  }

  private final Map<String, NodeDef> nodes = new HashMap<>();
  private final Map<String, FunctionDef> functions = new HashMap<>();
  private final Map<From, Set<String>> reachedNodes = new HashMap<>();
  private final Map<From, Set<String>> reachedFunctions = new HashMap<>();

  private Reach(GraphDef graph) {
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    graph
        .getLibrary()
        .getFunctionList()
        .forEach(function -> functions.put(function.getSignature().getName(), function));
  }

  static Reach of(MetaGraphDef metaGraph) {
    Reach reach = new Reach(metaGraph.getGraphDef());
    SaverDef saver = metaGraph.getSaverDef();
    reach.walk(From.RESTORE, List.of(saver.getRestoreOpName()));
    reach.walk(From.SAVE, List.of(saver.getSaveTensorName()));
    Set<String> used = new HashSet<>();
    for (SignatureDef signature : metaGraph.getSignatureDefMap().values()) {
      for (TensorInfo output : signature.getOutputsMap().values()) {
        used.add(output.getName());
        used.add(output.getCooSparse().getValuesTensorName());
        used.add(output.getCooSparse().getIndicesTensorName());
        used.add(output.getCooSparse().getDenseShapeTensorName());
        output.getCompositeTensor().getComponentsList().forEach(one -> used.add(one.getName()));
      }
    }
    for (String collection : List.of("main_op", "legacy_init_op", "saved_model_main_op")) {
      CollectionDef none = CollectionDef.getDefaultInstance();
      used.addAll(
          metaGraph.getCollectionDefOrDefault(collection, none).getNodeList().getValueList());
    }
    reach.walk(From.USE, List.copyOf(used));
    return reach;
  }

  /** Who asks for a node of a function; of the graph itself where the function is empty. */
  Set<From> of(String function, NodeDef node) {
    Set<From> all = EnumSet.noneOf(From.class);
    for (From from : From.values()) {
      boolean reached =
          function.isEmpty()
              ? reachedNodes.getOrDefault(from, Set.of()).contains(node.getName())
              : reachedFunctions.getOrDefault(from, Set.of()).contains(function);
      if (reached) {
        all.add(from);
      }
    }
    return all;
  }

  private void walk(From from, List<String> roots) {
    Set<String> seen = new HashSet<>();
    Set<String> called = new HashSet<>();
    Deque<String> names = new ArrayDeque<>();
    roots.forEach(root -> names.add(nodeName(root)));
    while (!names.isEmpty()) {
      String name = names.remove();
      NodeDef node = nodes.get(name);
      if (node != null && seen.add(name)) {
        node.getInputList().forEach(input -> names.add(nodeName(input)));
        call(node, called);
      }
    }
    reachedNodes.put(from, seen);
    reachedFunctions.put(from, called);
  }

  private void call(NodeDef caller, Set<String> called) {
    Deque<NodeDef> callers = new ArrayDeque<>(List.of(caller));
    while (!callers.isEmpty()) {
      NodeDef node = callers.remove();
      enter(node.getOp(), called, callers);
      for (AttrValue value : node.getAttrMap().values()) {
        enter(value.getFunc().getName(), called, callers);
        value.getList().getFuncList().forEach(one -> enter(one.getName(), called, callers));
      }
    }
  }

  private void enter(String name, Set<String> called, Deque<NodeDef> callers) {
    FunctionDef function = functions.get(name);
    if (function != null && called.add(name)) {
      callers.addAll(function.getNodeDefList());
    }
  }

  private static String nodeName(String tensor) {
    String name = tensor.startsWith("^") ? tensor.substring(1) : tensor;
    int colon = name.indexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }
}
