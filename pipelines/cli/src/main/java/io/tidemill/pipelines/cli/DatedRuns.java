package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.nightly.Execution;
import io.tidemill.pipelines.nightly.InputFile;
import io.tidemill.pipelines.nightly.NightlyException;
import io.tidemill.pipelines.nightly.NightlyResult;
import io.tidemill.pipelines.nightly.NightlyRun;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.Surroundings;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.run.EmbeddedJob;
import io.tidemill.pipelines.run.RunFigures;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs of a job for dates, one after the other until one fails. For use by one thread. */
final class DatedRuns {
  private final Caller caller;
  private final JobOptions job;
  private final RunDates dates;
  private final Output output;
  private final List<View> views = new ArrayList<>();

  /** Of the date whose job runs, and of that at which it was pressed. */
  private @Nullable CtrlC ctrlC;

  DatedRuns(Caller caller, JobOptions job, RunDates dates, Output output) {
    this.caller = caller;
    this.job = job;
    this.dates = dates;
    this.output = output;
  }

  /**
   * What JSON has of a run for a date.
   *
   * @param outcome published, nothing to do, held, not there yet, or failed
   * @param message why it failed
   * @param account of the run that published; null where it failed
   * @param summary of the job; null where none ran
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  private record View(
      String job,
      String date,
      String outcome,
      @Nullable String message,
      @Nullable RunAccount account,
      @Nullable RunSummary summary) {}

  /** Runs a job for all dates. */
  ExitCode run(ParsedPipeline written) throws InterruptedException {
    // At once, as the file may be edited while they run.
    List<DatedJob> jobs =
        dates.in(written.definition().nightly().timeZone()).stream()
            .map(date -> DatedJob.of(written, job.read(caller.environment(), date), date))
            .toList();
    try {
      for (DatedJob dated : jobs) {
        new OneDate(dated).tellRun();
        if (stopped()) {
          return ExitCode.INTERRUPTED;
        }
      }
    } finally {
      if (!output.forPeople() && !views.isEmpty()) {
        output.print(dates.one() ? views.get(0) : views, "");
      }
      if (ctrlC != null) {
        ctrlC.close();
      }
    }
    return ExitCode.DONE;
  }

  private boolean stopped() {
    return ctrlC != null && ctrlC.pressed();
  }

  private final class OneDate implements Execution {
    private final DatedJob dated;
    private final PlannedPipeline planned;
    private @Nullable RunFigures figures;
    private List<FieldSketch> predictions = List.of();

    OneDate(DatedJob dated) {
      this.dated = dated;
      this.planned = job.plan(caller.environment(), Map.of(), dated.staged()).counted();
    }

    void tellRun() throws InterruptedException {
      long beginNanos = System.nanoTime();
      NightlyRun run = NightlyRun.of(dated, planned, Surroundings.ofProcess(Version.parts()));
      try {
        Duration limit = dates.wait(Duration.ZERO);
        List<InputFile> inputs = run.await(limit, () -> sayWaiting(limit));
        // Until the job runs, Ctrl-C ends the process at once, and leaves nothing.
        NightlyResult result = run.run(inputs, dates.force(), this);
        String outcome = result.published() ? "published" : "nothing to do";
        tell(outcome, null, result.account(), seconds(beginNanos));
      } catch (RuntimeException | InterruptedException failed) {
        tell(outcome(failed), failed.getMessage(), null, seconds(beginNanos));
        throw failed;
      } finally {
        if (ctrlC != null && !stopped()) {
          ctrlC.close();
          ctrlC = null;
        }
      }
    }

    private static String outcome(Exception failure) {
      if (!(failure instanceof NightlyException nightly)) {
        return "failed";
      }
      return switch (nightly.reason()) {
        case NO_INPUT -> "not there yet";
        case HELD -> "held";
        case TAKEN, FAILED -> "failed";
      };
    }

    private void sayWaiting(Duration limit) {
      output
          .err()
          .printf(
              "%s for %s waits for its input, up to %s%n",
              dated.name(), dated.date(), limit.toString().substring(2).toLowerCase(Locale.ROOT));
    }

    @Override
    public RunFigures run(BooleanSupplier lost) throws InterruptedException {
      CtrlC watched = CtrlC.watch();
      // Closed once the run has accounted for itself and, if it was pressed, all is said.
      ctrlC = watched;
      EmbeddedJob running = EmbeddedFlink.start(planned);
      output
          .err()
          .printf(
              "%s for %s runs with %s; web UI %s; Ctrl-C stops it%n",
              dated.name(),
              dated.date(),
              planned.models().stream().map(String::valueOf).collect(Collectors.joining(", ")),
              running.webInterface());
      try {
        new JobWatch(output, watched)
            .untilEnd(
                running,
                true,
                () -> lost.getAsBoolean() ? Optional.of(false) : Optional.<Boolean>empty());
        running.await();
      } finally {
        figures = running.figures();
      }
      if (watched.pressed()) {
        throw new CommandFailedException(
            ExitCode.INTERRUPTED,
            "job '%s' for %s was stopped; nothing is published"
                .formatted(dated.name(), dated.date()));
      }
      predictions = planned.sketches(running.result());
      return running.figures();
    }

    @Override
    public List<FieldSketch> predictions() {
      return predictions;
    }

    private double seconds(long beginNanos) {
      return (System.nanoTime() - beginNanos) / 1e9;
    }

    private void tell(
        String outcome, @Nullable String message, @Nullable RunAccount account, double seconds) {
      String why = account == null ? "" : account.why();
      RunSummary summary =
          figures == null
              ? null
              : RunSummary.of(dated.name(), outcome, why, seconds, figures, next(account));
      View view =
          new View(dated.name(), dated.date().toString(), outcome, message, account, summary);
      views.add(view);
      if (output.forPeople()) {
        output.print(view, out -> print(out, view));
      }
    }

    private String next(@Nullable RunAccount account) {
      String show = "'tidemill runs show %s --date %s'".formatted(job.file(), dated.date());
      boolean letters = account != null && figures != null && figures.allDeadLetters() > 0;
      return letters
          ? show
              + "; the dead letters: 'tidemill dead-letters stats %s --date %s'"
                  .formatted(job.file(), dated.date())
          : show;
    }

    private void print(PrintWriter out, View view) {
      RunAccount account = view.account();
      if (account == null) {
        out.printf("%s   %s%n", view.date(), view.outcome());
      } else if (view.outcome().equals("published")) {
        out.printf(
            "%s   published %s (run %d: %s)%n",
            view.date(), account.target(), account.run(), account.why());
        RunsShowCommand.printGates(out, account);
      } else {
        out.printf(
            "%s   nothing to do: run %d has published %s of the same input, models and job%n",
            view.date(), account.run(), account.target());
      }
      RunSummary summary = view.summary();
      if (summary != null) {
        summary.print(out);
      }
    }
  }
}
