package io.tidemill.pipelines.run;

import io.tidemill.pipelines.compose.PlannedPipeline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.memory.DataInputViewStreamWrapper;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.apache.flink.runtime.state.OperatorBackendSerializationProxy;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot;
import org.apache.flink.runtime.state.metainfo.StateMetaInfoSnapshot.CommonSerializerKeys;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer;

/**
 * Whether a job can go on from what another one has saved, as far as it can be told without a
 * start. Immutable.
 *
 * @param gone uids of operators that have state there and are none of the job's
 * @param unfit what else the job cannot take, each in a sentence
 */
public record StateFit(List<String> gone, List<String> unfit) {
  public StateFit {
    gone = List.copyOf(gone);
    unfit = List.copyOf(unfit);
  }

  /**
   * Compares uids, parallelism, and the columns of the records that steps have not emitted. Blocks
   * on the state's file system.
   *
   * @throws IOException if the state cannot be read from here
   */
  public static StateFit of(PlannedPipeline job, SavedState state) throws IOException {
    StreamGraph graph = job.graph();
    Map<String, StreamNode> nodes = new HashMap<>();
    graph.getStreamNodes().stream()
        .filter(node -> node.getTransformationUID() != null)
        .forEach(node -> nodes.put(node.getTransformationUID(), node));
    Map<OperatorID, JobVertex> vertices = new HashMap<>();
    for (JobVertex vertex : graph.getJobGraph().getVertices()) {
      vertex
          .getOperatorIDs()
          .forEach(
              id -> {
                vertices.put(id.getGeneratedOperatorID(), vertex);
                id.getUserDefinedOperatorID().ifPresent(own -> vertices.put(own, vertex));
              });
    }
    List<String> unfit = new ArrayList<>();
    Set<OperatorID> known = new HashSet<>(vertices.keySet());
    for (OperatorState operator : state.operators()) {
      JobVertex vertex = vertices.get(operator.getOperatorID());
      if (vertex != null) {
        parallelism(operator, vertex).ifPresent(unfit::add);
        StreamNode node = nodes.get(operator.getOperatorUid().orElse(""));
        if (node != null && node.getTypeSerializersIn().length > 0) {
          records(operator, node.getTypeSerializersIn()[0]).ifPresent(unfit::add);
        }
      }
    }
    return new StateFit(state.without(known), unfit);
  }

  private static Optional<String> parallelism(OperatorState state, JobVertex vertex) {
    int asked = vertex.getMaxParallelism();
    if (asked > 0 && asked != state.getMaxParallelism()) {
      return Optional.of(
          "'%s' has state of max-parallelism %d, and the job asks for %d (expected: what it was, by pipeline.max-parallelism)"
              .formatted(SavedState.named(state), state.getMaxParallelism(), asked));
    }
    return vertex.getParallelism() > state.getMaxParallelism()
        ? Optional.of(
            "'%s' has state of max-parallelism %d, and the job a parallelism of %d (expected: at most that)"
                .formatted(
                    SavedState.named(state), state.getMaxParallelism(), vertex.getParallelism()))
        : Optional.empty();
  }

  /** Flink keeps with records how they were written, also where there are none. */
  private static Optional<String> records(OperatorState state, TypeSerializer<?> now)
      throws IOException {
    Optional<OperatorStateHandle> written =
        state.getStates().stream()
            .flatMap(subtask -> subtask.getManagedOperatorState().stream())
            .findFirst();
    if (written.isEmpty()) {
      return Optional.empty();
    }
    OperatorBackendSerializationProxy proxy =
        new OperatorBackendSerializationProxy(StateFit.class.getClassLoader());
    try (FSDataInputStream in = written.get().openInputStream()) {
      proxy.read(new DataInputViewStreamWrapper(in));
    }
    for (StateMetaInfoSnapshot meta : proxy.getOperatorStateMetaInfoSnapshots()) {
      TypeSerializerSnapshot<?> then =
          meta.getTypeSerializerSnapshot(CommonSerializerKeys.VALUE_SERIALIZER);
      if (then != null
          && then.restoreSerializer() instanceof StreamElementSerializer<?>
          && isOther(then, now)) {
        return Optional.of(
            "'%s' has records of other columns than it gets now (expected: the same columns, with the same types, of the source and of the steps before it; or another id for that step, and --allow-non-restored-state, which lets go of those records)"
                .formatted(SavedState.named(state)));
      }
    }
    return Optional.empty();
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // of what type the records are is the question
  private static boolean isOther(TypeSerializerSnapshot<?> then, TypeSerializer<?> now) {
    TypeSerializerSnapshot<?> snapshot = new StreamElementSerializer<>(now).snapshotConfiguration();
    return ((TypeSerializerSnapshot) snapshot)
        .resolveSchemaCompatibility((TypeSerializerSnapshot) then)
        .isIncompatible();
  }
}
