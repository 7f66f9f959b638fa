package io.tidemill.pipelines.run;

import static java.util.Objects.requireNonNull;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;

/**
 * A complete checkpoint or savepoint of a job, wherever it ran. Immutable.
 *
 * @param checkpoint its number
 * @param savepoint whether a person asked for it
 * @param operators those that have state in it
 */
public record SavedState(
    Path path, long checkpoint, boolean savepoint, List<OperatorState> operators) {
  /** The file that Flink writes last. */
  static final String METADATA = "_metadata";

  public SavedState {
    requireNonNull(path, "path");
    operators = List.copyOf(operators);
  }

  /**
   * Reads what Flink writes last into the folder of one. Blocks on its file system.
   *
   * @param path the folder, or that file
   * @throws IOException if there is none, or it cannot be read from here
   */
  public static SavedState read(Path path) throws IOException {
    Path file = path.getName().equals(METADATA) ? path : new Path(path, METADATA);
    try (DataInputStream in = new DataInputStream(file.getFileSystem().open(file))) {
      CheckpointMetadata metadata =
          Checkpoints.loadCheckpointMetadata(
              in, SavedState.class.getClassLoader(), path.toString());
      CheckpointProperties properties = metadata.getCheckpointProperties();
      return new SavedState(
          path,
          metadata.getCheckpointId(),
          properties != null && properties.isSavepoint(),
          metadata.getOperatorStates().stream().filter(SavedState::hasState).toList());
    }
  }

  private static boolean hasState(OperatorState operator) {
    return operator.getCoordinatorState() != null
        || operator.getStates().stream().anyMatch(OperatorSubtaskState::hasState);
  }

  /** The uids of those operators that are none of a job's. */
  List<String> without(Set<OperatorID> job) {
    return operators.stream()
        .filter(operator -> !job.contains(operator.getOperatorID()))
        .map(SavedState::named)
        .distinct()
        .sorted()
        .toList();
  }

  /** The uid of an operator, if it is known. */
  static String named(OperatorState operator) {
    return operator
        .getOperatorUid()
        .or(operator::getOperatorName)
        .orElseGet(() -> operator.getOperatorID().toString());
  }
}
