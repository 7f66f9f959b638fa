package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.nightly.RunAccount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill runs report}. */
@Command(
    name = "report",
    description = {
      "Write a page about the runs of a job for dates: records, duration, dead letters by cause,",
      "how predictions are distributed, gates and models. One file, which asks no network.",
      "It takes the job's file, and no model."
    },
    mixinStandardHelpOptions = true)
final class RunsReportCommand implements Runnable {
  @Mixin private RunsOptions options;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "The page to write, as in report.html; one that is there is replaced.")
  private Path file = Path.of("");

  @Option(
      names = "--last",
      paramLabel = "DATES",
      defaultValue = "90",
      description = "How many dates to show, the newest ones (default: ${DEFAULT-VALUE}).")
  private int last;

  @Mixin private Output output;

  /** What JSON has of it. */
  private record View(String job, String file, int dates, int runs) {}

  @Override
  public void run() {
    if (last < 1) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--last: %d (expected: >= 1)".formatted(last));
    }
    JobRuns runs = options.open();
    List<String> damaged = new ArrayList<>();
    List<RunAccount> all = runs.all(damaged::add);
    damaged.forEach(output::damaged);
    if (all.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "no runs in %s (expected: those of 'tidemill run %s --date DATE')"
              .formatted(runs.place(), options.file()));
    }
    List<String> dates = all.stream().map(RunAccount::date).distinct().toList();
    Set<String> newest =
        dates.stream().skip(Math.max(0, dates.size() - last)).collect(Collectors.toSet());
    List<RunAccount> shown = all.stream().filter(run -> newest.contains(run.date())).toList();
    String page =
        new RunsReport(
                all.get(0).job(),
                runs.place(),
                shown,
                damaged,
                Instant.now().truncatedTo(ChronoUnit.SECONDS))
            .html();
    try {
      Files.writeString(file, page);
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--file: '%s' cannot be written: %s (expected: a file in a folder that is there)"
              .formatted(file, unwritable),
          unwritable);
    }
    View view = new View(all.get(0).job(), file.toString(), newest.size(), shown.size());
    output.print(view, "%s   %d runs for %d dates".formatted(file, shown.size(), newest.size()));
  }
}
