package io.tidemill.pipelines.nightly;

import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.run.RunFigures;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Runs a staged job to the end of its input. */
public interface Execution {
  /** Makes what must be there before it runs, such as the table that it writes to. */
  default void prepare() {}

  /**
   * Runs it.
   *
   * @param lost whether the run has lost its right to publish, so that it is better stopped
   * @return what the job did
   * @throws RuntimeException if it did not come to its end
   */
  RunFigures run(BooleanSupplier lost) throws InterruptedException;

  /** How the predictions of a job that came to its end are distributed, by field. */
  default List<FieldSketch> predictions() {
    return List.of();
  }
}
