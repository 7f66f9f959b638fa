package io.tidemill.inference;

import java.io.DataInputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.OperatorStateHandle;

/**
 * What Flink wrote for each subtask of a step in a checkpoint.
 *
 * @param records in the step's own state, of each subtask
 * @param channelBytes of records on their way to the step that an unaligned barrier overtook, of
 *     each subtask
 */
record KeptCheckpoint(List<Integer> records, List<Long> channelBytes) {
  private static final String RECORDS = "tidemill-records";

  static KeptCheckpoint read(String pointer, String step) throws Exception {
    Path metadata = Path.of(URI.create(pointer)).resolve("_metadata");
    try (DataInputStream input = new DataInputStream(Files.newInputStream(metadata))) {
      for (OperatorState operator :
          Checkpoints.loadCheckpointMetadata(input, KeptCheckpoint.class.getClassLoader(), pointer)
              .getOperatorStates()) {
        if (operator.getOperatorUid().filter(step::equals).isPresent()) {
          return of(operator);
        }
      }
    }
    throw new AssertionError(pointer + ": no state of step '" + step + "'");
  }

  private static KeptCheckpoint of(OperatorState operator) {
    List<Integer> records = new ArrayList<>();
    List<Long> channelBytes = new ArrayList<>();
    for (OperatorSubtaskState subtask : operator.getStates()) {
      int kept = 0;
      for (OperatorStateHandle handle : subtask.getManagedOperatorState()) {
        OperatorStateHandle.StateMetaInfo state =
            handle.getStateNameToPartitionOffsets().get(RECORDS);
        kept += state == null ? 0 : state.getOffsets().length;
      }
      records.add(kept);
      channelBytes.add(subtask.getInputChannelState().getStateSize());
    }
    return new KeptCheckpoint(records, channelBytes);
  }
}
