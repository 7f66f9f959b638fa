package io.tidemill.pipelines.nightly;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.core.fs.Path;

/**
 * Makes readers see what a run has staged. Once begun it only goes forward, by this run or by the
 * next one: first the old predictions go, and with them their {@code _SUCCESS}, then the old dead
 * letters; then the new dead letters come, and the new predictions with {@code _SUCCESS} at last.
 */
record Publication(List<PublishedFolder> folders, Path aside) {

  static Publication of(DatedJob job, RunAccount account) {
    return new Publication(job.folders(account), job.staging(account.id(), "replaced"));
  }

  /**
   * Goes on from where a run is.
   *
   * @param state {@link RunState#REPLACING} or {@link RunState#MOVING}
   * @param right fails if the run may not go on; is asked before each step, as a run that was taken
   *     for dead is finished by another
   * @param moving is told before the first is shown, from when on nothing may be taken away
   */
  void goOn(RunState state, Runnable right, Consumer<RunState> moving) {
    if (state == RunState.REPLACING) {
      List<PublishedFolder> lastFirst = new ArrayList<>(folders);
      Collections.reverse(lastFirst);
      lastFirst.forEach(folder -> folder.takeAway(aside, right));
      right.run();
      moving.accept(RunState.MOVING);
    }
    folders.forEach(folder -> folder.show(right));
  }
}
