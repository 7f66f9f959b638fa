package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.compose.FieldSketch;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.nightly.Execution;
import io.tidemill.pipelines.nightly.InputFile;
import io.tidemill.pipelines.nightly.InputWait;
import io.tidemill.pipelines.nightly.NightlyException;
import io.tidemill.pipelines.nightly.NightlyResult;
import io.tidemill.pipelines.nightly.NightlyRun;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.Surroundings;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.run.EmbeddedJob;
import io.tidemill.pipelines.run.RunFigures;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A run of a job for a date on embedded Flink. For use by one thread. */
final class DatedRun implements Execution {
  private static final Duration TICK = Duration.ofMillis(200);

  private final DatedRuns runs;
  private final int place;
  private final DatedJob dated;
  private final Planning planning;
  private final long beginNanos = System.nanoTime();
  private @Nullable PlannedPipeline planned;
  private @Nullable RunFigures figures;
  private volatile @Nullable CtrlC ctrlC;
  private List<FieldSketch> predictions = List.of();

  /** Plans a job. */
  interface Planning {
    /**
     * With the folders and files that are there now.
     *
     * @param waited whether the run has waited for them
     */
    PlannedPipeline plan(boolean waited);

    /** Refuses it for all that is wrong whatever files come. */
    void checkBeforeItsFiles();
  }

  /**
   * A run.
   *
   * @param place of the date among those of {@code runs}, from 0
   * @param planning of the job's {@link DatedJob#staged()}
   */
  DatedRun(DatedRuns runs, int place, DatedJob dated, Planning planning) {
    this.runs = runs;
    this.place = place;
    this.dated = dated;
    this.planning = planning;
  }

  /**
   * Runs, and tells what came of it. Blocks until all is published or nothing is.
   *
   * @throws NightlyException if nothing is published
   */
  void tellRun() throws InterruptedException {
    Surroundings around = surroundings();
    InputWait input = new InputWait(dated, around);
    // What comes after this is seen to have changed, whether or not the plan has it.
    Optional<List<InputFile>> there = told(input::look);
    if (there.isPresent() || dated.plansAhead()) {
      // Before it waits, so that a job that cannot run says so at once; but a table that is not
      // there is refused, and a file that is not there tells no columns.
      planned = planning.plan(false);
    } else if (dated.isToldItsColumns()) {
      planning.checkBeforeItsFiles();
    }
    try {
      told(() -> run(there.isPresent() ? there.get() : awaited(input), around));
    } finally {
      CtrlC watched = ctrlC;
      if (watched != null && !watched.pressed()) {
        ctrlC = null;
        watched.close();
      }
    }
  }

  private List<InputFile> awaited(InputWait input) throws InterruptedException {
    Duration limit = runs.dates().wait(Duration.ZERO);
    if (!limit.isZero()) {
      sayWaiting(limit);
    }
    List<InputFile> files = input.await(limit);
    planned = planning.plan(true);
    return files;
  }

  private NightlyResult run(List<InputFile> inputs, Surroundings around)
      throws InterruptedException {
    NightlyRun run = NightlyRun.of(dated, planned(), around);
    // Until the job runs, Ctrl-C ends the process at once, and leaves nothing.
    NightlyResult result = run.run(inputs, runs.dates().force(), this);
    tell(result.published() ? DatedView.PUBLISHED : "nothing to do", null, result.account());
    return result;
  }

  /** A part of the run. */
  private interface Part<T> {
    T run() throws InterruptedException;
  }

  /** What a part has made, or what came of the run where it fails. */
  private <T> T told(Part<T> part) throws InterruptedException {
    try {
      return part.run();
    } catch (RuntimeException | InterruptedException failed) {
      tell(outcome(failed), failed.getMessage(), null);
      throw failed;
    }
  }

  private PlannedPipeline planned() {
    return requireNonNull(planned, "planned");
  }

  /** Those of this process, in which no run waits that is not wanted any more. */
  private Surroundings surroundings() {
    Surroundings process = Surroundings.ofProcess(Version.parts());
    return new Surroundings(
        process.clock(), this::pause, process.owner(), process.lives(), process.versions());
  }

  private void pause(Duration time) throws InterruptedException {
    Duration left = time;
    while (left.compareTo(Duration.ZERO) > 0) {
      refuseUseless(!runs.pressed().isEmpty());
      Duration tick = left.compareTo(TICK) < 0 ? left : TICK;
      TimeUnit.NANOSECONDS.sleep(tick.toNanos());
      left = left.minus(tick);
    }
  }

  private void refuseUseless(boolean stopped) {
    if (stopped) {
      throw new CommandFailedException(
          ExitCode.INTERRUPTED, "%s was stopped; nothing is published".formatted(described()));
    }
    if (runs.order().isCutOff(place)) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "%s: a date before it is not published (expected: dates are published in their order); nothing is published"
              .formatted(described()));
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
    runs.output()
        .err()
        .printf(
            "%s for %s waits for its input, up to %s%n",
            dated.name(), dated.date(), limit.toString().substring(2).toLowerCase(Locale.ROOT));
  }

  @Override
  public void prepare() {
    planned().prepare();
  }

  @Override
  public RunFigures run(BooleanSupplier lost) throws InterruptedException {
    CtrlC watched = CtrlC.watch(runs.units());
    // Closed once the run has accounted for itself and, if it was pressed, all is said.
    ctrlC = watched;
    PublishingOrder order = runs.order();
    BooleanSupplier useless = () -> lost.getAsBoolean() || order.isCutOff(place);
    PlannedPipeline job = planned();
    EmbeddedJob running = EmbeddedFlink.start(job);
    runs.output()
        .err()
        .printf(
            "%s for %s runs with %s; web UI %s; Ctrl-C stops it%n",
            dated.name(),
            dated.date(),
            String.join(", ", job.modelNames()),
            running.webInterface());
    try {
      new JobWatch(runs.output(), watched, runs.progress(dated.date()))
          .untilEnd(
              running,
              () -> useless.getAsBoolean() ? Optional.of(false) : Optional.<Boolean>empty());
      running.await();
    } finally {
      figures = running.figures();
    }
    while (!order.awaitTurn(place, TICK)) {
      if (useless.getAsBoolean() || watched.pressed()) {
        break;
      }
    }
    refuseUseless(watched.pressed());
    predictions = job.sketches(running.result());
    return running.figures();
  }

  @Override
  public List<FieldSketch> predictions() {
    return predictions;
  }

  /** What holds the process until it is closed, where it was told to end while this ran. */
  Optional<CtrlC> pressed() {
    return Optional.ofNullable(ctrlC).filter(CtrlC::pressed);
  }

  private String described() {
    return "job '%s' for %s".formatted(dated.name(), dated.date());
  }

  private void tell(String outcome, @Nullable String message, @Nullable RunAccount account) {
    RunSummary summary =
        figures == null
            ? null
            : RunSummary.of(
                dated.name(),
                outcome,
                account == null ? "" : account.why(),
                (System.nanoTime() - beginNanos) / 1e9,
                figures,
                next(account));
    runs.tell(
        new DatedView(dated.name(), dated.date().toString(), outcome, message, account, summary));
  }

  private String next(@Nullable RunAccount account) {
    String show = "'tidemill runs show %s --date %s'".formatted(runs.file(), dated.date());
    boolean letters = account != null && figures != null && figures.allDeadLetters() > 0;
    return letters
        ? show
            + "; the dead letters: 'tidemill dead-letters stats %s --date %s'"
                .formatted(runs.file(), dated.date())
        : show;
  }
}
