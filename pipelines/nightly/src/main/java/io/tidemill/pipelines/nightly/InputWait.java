package io.tidemill.pipelines.nightly;

import static io.tidemill.pipelines.nightly.NightlyException.Reason.NO_INPUT;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Looks for the input of a job, and waits for it. For use by one thread. */
public final class InputWait {
  /** How often it looks. */
  static final Duration LOOK = Duration.ofSeconds(30);

  private final DatedJob job;
  private final Pause pause;

  public InputWait(DatedJob job, Surroundings around) {
    this.job = job;
    this.pause = around.pause();
  }

  /**
   * The files that are there, which may be none. Blocks on the file system.
   *
   * @return empty if the input is not there yet
   * @throws NightlyException if it cannot be read
   */
  public Optional<List<InputFile>> look() {
    return job.inputs().list();
  }

  /**
   * Waits for input that was not there. Blocks on the file system.
   *
   * @param limit the longest time to wait
   * @return the files to be read, which may be none
   * @throws NightlyException if it does not come
   */
  public List<InputFile> await(Duration limit) throws InterruptedException {
    Duration left = limit;
    Optional<List<InputFile>> found = Optional.empty();
    while (found.isEmpty() && !left.isZero()) {
      Duration next = left.compareTo(LOOK) < 0 ? left : LOOK;
      pause.pause(next);
      left = left.minus(next);
      found = look();
    }
    return found.orElseThrow(
        () ->
            new NightlyException(
                NO_INPUT,
                "input '%s' is not there yet (expected: %s; --wait 2h waits for it)"
                    .formatted(job.inputs().place(), job.inputs().expected())));
  }
}
