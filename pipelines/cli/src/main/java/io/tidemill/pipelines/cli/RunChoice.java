package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunState;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which run of a job is meant. */
final class RunChoice {
  @Option(
      names = "--date",
      required = true,
      paramLabel = "DATE",
      description = {
        "The date of the run, as in 2026-11-21; or today or yesterday in the job's time-zone."
      })
  private DateArgument date;

  @Option(
      names = "--run",
      paramLabel = "NUMBER",
      description = "Its number, as 'ls' prints it. Default: the newest of the date.")
  private @Nullable Integer number;

  /**
   * That run.
   *
   * @param states in which it may be
   * @param output is told of accounts that cannot be read
   * @throws CommandFailedException if there is none
   */
  RunAccount of(RunsOptions options, Set<RunState> states, Output output) {
    JobRuns runs = options.open();
    LocalDate day = options.day(date);
    List<RunAccount> found =
        chosen(runs.of(options.dated(day), output::damaged), day.toString(), states);
    if (found.isEmpty()) {
      // It may have published to a folder that the job had before.
      found = chosen(runs.all(output::damaged), day.toString(), states);
    }
    if (found.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--date: no%s run%s for '%s' in %s (expected: one that 'tidemill runs ls %s' prints)"
              .formatted(
                  states.size() == 1 ? " held" : "",
                  number == null ? "" : " " + number,
                  day,
                  runs.place(),
                  options.file()));
    }
    return found.get(found.size() - 1);
  }

  private List<RunAccount> chosen(List<RunAccount> runs, String day, Set<RunState> states) {
    return runs.stream()
        .filter(run -> run.date().equals(day))
        .filter(run -> number == null || run.run() == number)
        .filter(run -> states.contains(run.state()))
        .toList();
  }
}
