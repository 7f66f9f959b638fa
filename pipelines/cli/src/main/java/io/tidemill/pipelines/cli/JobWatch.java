package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.run.EmbeddedJob;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Tells how far a job is, and stops it where someone asks for that. For use by one thread. */
final class JobWatch {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
  private static final Duration TICK = Duration.ofMillis(200);

  private final Output output;
  private final CtrlC ctrlC;
  private final RunProgress progress;

  JobWatch(Output output, CtrlC ctrlC, RunProgress progress) {
    this.output = output;
    this.ctrlC = ctrlC;
    this.progress = progress;
  }

  /**
   * Watches a job until it has ended.
   *
   * @param stopAsked whether someone else asks for its end; then, whether with a savepoint that
   *     stays
   * @return whether someone stopped it
   */
  boolean untilEnd(EmbeddedJob running, Supplier<Optional<Boolean>> stopAsked)
      throws InterruptedException {
    boolean stopped = false;
    while (!running.ended(TICK)) {
      progress.tell(running);
      Optional<Boolean> asked = ctrlC.pressed() ? Optional.of(false) : stopAsked.get();
      if (asked.isPresent()) {
        progress.clear();
        output.err().println("stopping…");
        if (!running.stop(asked.get(), STOP_LIMIT)) {
          throw new CommandFailedException(
              ExitCode.FAILED,
              "the job did not stop in %d s, and ends with the process"
                  .formatted(2 * STOP_LIMIT.toSeconds()));
        }
        stopped = true;
      }
    }
    progress.clear();
    return stopped;
  }
}
