package io.tidemill.model.engine.tensorflow;

import io.tidemill.model.engine.Operation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Lists the operations of a SavedModel's graphs and of their functions from {@code saved_model.pb};
 * the native library is not needed.
 *
 * <p>Most dangerous operations are dangerous wherever they stand, also in a function that nothing
 * calls. Every SavedModel has some that save and restore its variables, so these are judged by who
 * asks for them: one that restores is harmless where only the loader's own restoring needs it, and
 * one that saves where only saving does, which is never asked for here.
 *
 * <p>Stateless and thread-safe.
 */
final class SavedModelOperations {
  private static final Set<String> RESTORING = Set.of("RestoreV2", "Restore", "RestoreSlice");
  private static final Set<String> SAVING =
      Set.of("SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints");

  private SavedModelOperations() {}

  static List<Operation> of(SavedModelFolder folder) {
    TreeMap<String, Integer> counts = new TreeMap<>();
    TreeMap<String, String> dangers = new TreeMap<>();
    for (MetaGraphDef metaGraph : folder.content().getMetaGraphsList()) {
      GraphDef graph = metaGraph.getGraphDef();
      Reach reach = Reach.of(metaGraph);
      for (NodeDef node : graph.getNodeList()) {
        add(node, reach.of("", node), counts, dangers);
      }
      for (FunctionDef function : graph.getLibrary().getFunctionList()) {
        String name = function.getSignature().getName();
        for (NodeDef node : function.getNodeDefList()) {
          add(node, reach.of(name, node), counts, dangers);
        }
      }
    }
    return counts.entrySet().stream()
        .map(
            count ->
                new Operation(
                    count.getKey(), count.getValue(), dangers.getOrDefault(count.getKey(), "")))
        .toList();
  }

  private static void add(
      NodeDef node,
      Set<Reach.From> from,
      Map<String, Integer> counts,
      Map<String, String> dangers) {
    counts.merge(node.getOp(), 1, Integer::sum);
    String danger = danger(node, from);
    if (!danger.isEmpty()) {
      dangers.putIfAbsent(node.getOp(), danger);
    }
  }

  private static String danger(NodeDef node, Set<Reach.From> from) {
    if (RESTORING.contains(node.getOp())) {
      return from.equals(Set.of(Reach.From.RESTORE))
          ? ""
          : "reads files, and not only to restore variables";
    }
    if (SAVING.contains(node.getOp())) {
      return from.equals(Set.of(Reach.From.SAVE))
          ? ""
          : "writes files, and not only to save variables";
    }
    return Dangers.of(node);
  }
}
