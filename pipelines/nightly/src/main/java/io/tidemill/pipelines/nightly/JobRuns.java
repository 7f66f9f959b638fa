package io.tidemill.pipelines.nightly;

import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.util.List;
import java.util.function.Consumer;

/** The runs of a job for all dates, as their accounts tell. Immutable. */
public final class JobRuns {
  private final String job;
  private final Place place;

  private JobRuns(String job, Place place) {
    this.job = job;
    this.place = place;
  }

  /**
   * Those of a job.
   *
   * @param written the job with its templates
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if it does not run for dates
   */
  public static JobRuns of(ParsedPipeline written) {
    return new JobRuns(written.definition().name(), Place.of(written));
  }

  /** Where they publish, for a message. */
  public String place() {
    return place.above();
  }

  /**
   * All that are remembered, by date and number. Blocks on the file system.
   *
   * @param damaged is told of each account in the place that cannot be read, with its file
   */
  public List<RunAccount> all(Consumer<String> damaged) {
    return seen(place.runsOf(job, unreadable -> damaged.accept(unreadable.getMessage())));
  }

  /**
   * Those for one date, by number; the accounts of other dates are not read. Blocks on the file
   * system.
   *
   * @param dated the job with the date in the place of its templates
   * @param damaged as that of {@link #all}
   */
  public List<RunAccount> of(ParsedPipeline dated, Consumer<String> damaged) {
    String target = DatedJob.path(dated.definition().sink());
    return seen(
        place.accounts(target).all(unreadable -> damaged.accept(unreadable.getMessage())).stream()
            .filter(account -> account.job().equals(job))
            .toList());
  }

  private static List<RunAccount> seen(List<RunAccount> accounts) {
    return accounts.stream()
        .map(account -> diedUnseen(account) ? account.died() : account)
        .toList();
  }

  /** Whether a run has died, and none came since to say so. */
  private static boolean diedUnseen(RunAccount account) {
    return account.state() == RunState.RUNNING && !account.owner().lives().orElse(true);
  }
}
