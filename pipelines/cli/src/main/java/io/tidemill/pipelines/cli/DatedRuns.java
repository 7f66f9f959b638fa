package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.unit.Units;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.flink.util.ExceptionUtils;

/**
 * Runs of a job for dates, which are published in their order until one fails. As many run at once
 * as is asked for, each on a Flink of its own.
 */
final class DatedRuns {
  private final Caller caller;
  private final JobOptions job;
  private final RunDates dates;
  private final Output output;
  private final PublishingOrder order = new PublishingOrder();
  private final List<DatedRun> begun = new ArrayList<>();
  private final List<DatedView> views = new ArrayList<>();
  private boolean memoryProvided;

  DatedRuns(Caller caller, JobOptions job, RunDates dates, Output output) {
    this.caller = caller;
    this.job = job;
    this.dates = dates;
    this.output = output;
  }

  /** Runs a job for all dates. Blocks until they have ended. */
  ExitCode run(ParsedPipeline written) throws InterruptedException {
    // At once, as the file may be edited while they run.
    List<DatedJob> jobs =
        dates.in(written.definition().nightly().timeZone()).stream()
            .map(date -> DatedJob.of(written, job.read(caller.environment(), date), date))
            .toList();
    List<Callable<Void>> runs = new ArrayList<>();
    for (DatedJob dated : jobs) {
      int place = runs.size();
      runs.add(() -> runInTurn(place, dated, dates.atOnce(jobs.size())));
    }
    ExecutorService threads =
        Executors.newFixedThreadPool(
            dates.atOnce(runs.size()), task -> new Thread(task, "tidemill-date"));
    try {
      throwFirst(threads.invokeAll(runs));
      return pressed().isEmpty() ? ExitCode.DONE : ExitCode.INTERRUPTED;
    } finally {
      threads.shutdownNow();
      if (!output.forPeople() && !views.isEmpty()) {
        views.sort(Comparator.comparing(DatedView::date));
        output.print(dates.one() ? views.get(0) : views, "");
      }
      pressed().forEach(CtrlC::close);
    }
  }

  private Void runInTurn(int place, DatedJob dated, int atOnce) throws InterruptedException {
    if (order.isCutOff(place) || !pressed().isEmpty()) {
      return null;
    }
    boolean done = false;
    try {
      DatedRun run = new DatedRun(this, place, dated, planning(dated.staged(), atOnce));
      synchronized (begun) {
        begun.add(run);
      }
      run.tellRun();
      done = true;
      order.done(place);
    } finally {
      if (!done) {
        order.failed(place);
      }
    }
    return null;
  }

  private DatedRun.Planning planning(ParsedPipeline staged, int atOnce) {
    return new DatedRun.Planning() {
      @Override
      public PlannedPipeline plan(boolean waited) {
        PlannedPipeline planned = job.plan(caller.environment(), Map.of(), staged).counted();
        // Another date may do something while this one waits.
        provideMemory(planned, atOnce, !waited || atOnce == 1);
        return planned;
      }

      @Override
      public void checkBeforeItsFiles() {
        job.checkBeforeItsFiles(caller.environment(), staged);
      }
    };
  }

  /** For the first that is planned, before any of them does anything. */
  private synchronized void provideMemory(
      PlannedPipeline planned, int atOnce, boolean mayStartAgain) {
    if (!memoryProvided) {
      memoryProvided = true;
      new RunMemory(caller, output, dates.words()).provide(planned, atOnce, mayStartAgain);
    }
  }

  /** Fails as the first date that has failed did, and says why the others after it did. */
  private void throwFirst(List<Future<Void>> ended) throws InterruptedException {
    Throwable first = null;
    for (Future<Void> run : ended) {
      try {
        run.get();
      } catch (ExecutionException failed) {
        Throwable why = failed.getCause() == null ? failed : failed.getCause();
        if (first == null) {
          first = why;
        } else if (output.forPeople()) {
          output.say(String.valueOf(why.getMessage()));
        }
      }
    }
    if (first instanceof InterruptedException interrupted) {
      throw interrupted;
    }
    if (first != null) {
      ExceptionUtils.rethrow(first);
    }
  }

  /** What holds the process, where it was told to end. */
  List<CtrlC> pressed() {
    synchronized (begun) {
      return begun.stream().flatMap(run -> run.pressed().stream()).toList();
    }
  }

  /** Tells what a run came to, the moment it is known where a person reads it. */
  void tell(DatedView view) {
    synchronized (views) {
      views.add(view);
      if (output.forPeople()) {
        output.print(view, view::print);
      }
    }
  }

  /** How far a run is; of several at once, each says for which date it is. */
  RunProgress progress(LocalDate date) {
    return dates.atOnce() == 1 ? output.runProgress(true) : output.runProgress(date.toString());
  }

  Units units() {
    return caller.units();
  }

  PublishingOrder order() {
    return order;
  }

  RunDates dates() {
    return dates;
  }

  Output output() {
    return output;
  }

  /** The job's file, as it was given. */
  String file() {
    return job.file();
  }
}
