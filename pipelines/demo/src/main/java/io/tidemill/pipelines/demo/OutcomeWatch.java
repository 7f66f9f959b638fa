package io.tidemill.pipelines.demo;

import io.tidemill.pipelines.demo.Progress.Step;
import java.time.Duration;

/**
 * Waits until transactions have their outcomes, as a reader of committed records sees them.
 *
 * <p>For use by one thread at a time.
 */
final class OutcomeWatch {
  /** Without any new outcome for so long, those that are missing will not come. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration PAUSE = Duration.ofMillis(200);

  private final RunningJob job;
  private final Readback readback;
  private final AppendedRecords appended;
  private final Tally tally;

  OutcomeWatch(RunningJob job, Readback readback, AppendedRecords appended, Tally tally) {
    this.job = job;
    this.readback = readback;
    this.appended = appended;
    this.tally = tally;
  }

  /**
   * Blocks until so many transactions have an outcome, or none has come for {@link #PATIENCE}.
   *
   * @param step is told how many records have been appended, committed or not
   * @throws io.tidemill.pipelines.compose.RunFailedException if the job fails meanwhile
   */
  void await(int transactions, Step step) throws InterruptedException {
    long changedNanos = System.nanoTime();
    int seen = -1;
    while (seen < transactions && System.nanoTime() - changedNanos < PATIENCE.toNanos()) {
      job.pause(PAUSE);
      step.at(Math.min(transactions, appended.count()));
      readback.readCommitted();
      if (tally.withOutcome() != seen) {
        seen = tally.withOutcome();
        changedNanos = System.nanoTime();
      }
    }
  }
}
