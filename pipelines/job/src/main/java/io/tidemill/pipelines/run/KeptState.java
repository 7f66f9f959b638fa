package io.tidemill.pipelines.run;

import static java.util.Objects.requireNonNull;

import org.apache.flink.core.fs.Path;

/**
 * A complete checkpoint or savepoint that a run of a job has left. Immutable.
 *
 * @param state its number grows from run to run
 * @param run the number of the run
 * @param given whether a person named it to that run, which has left none itself
 * @param forGood whether a person asked for it, so that no run deletes it
 */
record KeptState(SavedState state, int run, boolean given, boolean forGood) {
  KeptState {
    requireNonNull(state, "state");
  }

  Path path() {
    return state.path();
  }

  long checkpoint() {
    return state.checkpoint();
  }

  /** What it is, as in "checkpoint 12 of run 3, …". */
  String description() {
    return given
        ? "%s, which run %d was given".formatted(path(), run)
        : "checkpoint %d of run %d, %s".formatted(checkpoint(), run, path());
  }
}
