package io.tidemill.pipelines.run;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.jobgraph.OperatorID;

/**
 * A complete checkpoint or savepoint that a run of a job has left. Immutable.
 *
 * @param run the number of the run
 * @param checkpoint the number of the checkpoint; it grows from run to run
 * @param given whether a person named it to that run, which has left none itself
 * @param forGood whether a person asked for it, so that no run deletes it
 * @param operators those that have state in it
 */
record KeptState(
    Path path,
    int run,
    long checkpoint,
    boolean given,
    boolean forGood,
    List<OperatorState> operators) {
  KeptState {
    requireNonNull(path, "path");
    operators = List.copyOf(operators);
  }

  /** What it is, as in "checkpoint 12 of run 3, …". */
  String description() {
    return given
        ? "%s, which run %d was given".formatted(path, run)
        : "checkpoint %d of run %d, %s".formatted(checkpoint, run, path);
  }

  /** The uids of those operators that are none of a job's. */
  List<String> without(Set<OperatorID> job) {
    return operators.stream()
        .filter(operator -> !job.contains(operator.getOperatorID()))
        .map(
            operator ->
                operator
                    .getOperatorUid()
                    .or(operator::getOperatorName)
                    .orElseGet(() -> operator.getOperatorID().toString()))
        .distinct()
        .sorted()
        .toList();
  }
}
