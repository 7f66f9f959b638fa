package io.tidemill.pipelines.cli;

import static java.time.temporal.ChronoUnit.SECONDS;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.run.EmbeddedJob;
import io.tidemill.pipelines.run.JobFolder;
import io.tidemill.pipelines.run.JobFolder.Lease;
import io.tidemill.pipelines.run.RunFigures;
import io.tidemill.pipelines.run.RunStart;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.flink.core.fs.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill run}: a job on embedded Flink, until its input ends or it is stopped. */
@Command(
    name = RunCommand.NAME,
    description = {
      "Run a job inside this process, until its input ends, Ctrl-C or 'tidemill stop'.",
      "A streaming job goes on from what its runs before have left in .tidemill/NAME beside",
      "its file, or in execution.checkpointing.dir.",
      "The job may be a unit of 'tidemill package': it runs beside that file, with its own models.",
      "With --date, a batch job runs for a date: its results are published whole, or not at all.",
      "Flink's web UI is on 127.0.0.1:8081, or on a free port if that is taken."
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  static final String NAME = "run";

  /** Begins what a run says of itself until it has ended. */
  static final String HOLDER = "process ";

  /** How long a broker may take to answer before a command begins. */
  static final Duration BROKER_LIMIT = Duration.ofSeconds(5);

  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private ResumeOptions resume;
  @Mixin private RunDates dates;
  @Mixin private SignedByOption signedBy;
  @Mixin private Output output;

  RunCommand(Caller caller) {
    this.caller = caller;
  }

  @Override
  public Integer call() throws InterruptedException {
    signedBy.demand();
    ParsedPipeline written = job.read(caller.environment(), null);
    boolean dated = dates.given();
    if (written.forDates() && !dated) {
      throw JobOptions.undated(written);
    }
    String name = written.definition().name();
    if (resume.given() && written.definition().mode() == ExecutionMode.BATCH) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--from-savepoint: job '%s' is a batch job (expected: mode: streaming)".formatted(name));
    }
    if (dated) {
      return new DatedRuns(caller, job, dates, output).run(written).number();
    }
    PlannedPipeline pipeline =
        job.planUndated(caller.environment(), resume.flinkOptions(), written);
    new RunMemory(caller, output, List.of()).provide(pipeline, 1, true);
    checkBrokers(pipeline);
    JobFolder folder = job.folder(pipeline);
    try (Lease lease = take(folder, name)) {
      return run(pipeline, folder, lease);
    }
  }

  private static Lease take(JobFolder folder, String name) {
    String holder =
        "%s%d since %s"
            .formatted(HOLDER, ProcessHandle.current().pid(), Instant.now().truncatedTo(SECONDS));
    try {
      return folder
          .take(holder)
          .orElseThrow(
              () ->
                  new CommandFailedException(
                      ExitCode.USAGE,
                      "job '%s' runs already: %s (lease: %s; expected: one run at a time; 'tidemill stop' ends it)"
                          .formatted(name, folder.said(), folder.path())));
    } catch (UncheckedIOException unwritable) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "%s: %s (expected: a folder beside the job's file that can be written; it holds the job's lease)"
              .formatted(folder.path(), unwritable.getCause()),
          unwritable);
    }
  }

  private int run(PlannedPipeline pipeline, JobFolder folder, Lease lease)
      throws InterruptedException {
    String name = pipeline.definition().name();
    PrintWriter err = output.err();
    RunStart start = RunStart.of(pipeline, folder, resume.fresh());
    if (!resume.fresh()) {
      CommandFailedException.throwIfAny(pipeline.openElsewhere(BROKER_LIMIT, !start.isFirst()));
    }
    err.printf("%s begins %s%n", name, start.description());
    for (Path left : pipeline.staged()) {
      err.printf(
          "'%s' was left by a run that was killed, or failed while it moved its files, unless another job writes there now: readers may see a part of what it made, which stays beside the rows of this run if 'overwrite' does not replace it; delete it once this run has ended%n",
          left);
    }
    long beginNanos = System.nanoTime();
    EmbeddedJob running = EmbeddedFlink.start(pipeline, start);
    String outcome = "failed";
    boolean dead = false;
    // Who reads that Ctrl-C stops the job may press it at once.
    try (CtrlC ctrlC = CtrlC.watch(caller.units())) {
      err.printf(
          "%s runs with %s; web UI %s; Ctrl-C stops it%n",
          name, String.join(", ", pipeline.modelNames()), running.webInterface());
      try {
        boolean stopped =
            new JobWatch(output, ctrlC, output.runProgress(pipeline.bounded()))
                .untilEnd(running, lease::stopAsked);
        running.await();
        dead = !stopped && running.figures().allDead();
        outcome = stopped ? "stopped" : dead ? "failed" : "finished";
      } finally {
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        String next = next(pipeline, folder, running.figures());
        String end = "%s has %s; %s".formatted(name, outcome, next);
        err.println(end);
        lease.say(end);
        RunSummary summary =
            RunSummary.of(name, outcome, start.description(), seconds, running.figures(), next);
        output.print(summary, summary::print);
      }
      if (dead) {
        throw new CommandFailedException(
            ExitCode.FAILED,
            "job '%s': all of its %,d records became dead letters (expected: predictions; the cause is in each of them)"
                .formatted(name, running.figures().allDeadLetters()));
      }
      return (ctrlC.pressed() ? ExitCode.INTERRUPTED : ExitCode.DONE).number();
    }
  }

  /** What the next run does, and where to look before it. */
  private String next(PlannedPipeline pipeline, JobFolder folder, RunFigures figures) {
    String begins;
    try {
      begins = "the next run begins " + RunStart.next(pipeline, folder).description();
    } catch (InvalidPipelineException needsAWord) {
      begins = "the next run needs --fresh or --from-savepoint: " + needsAWord.getMessage();
    }
    ConnectorDefinition deadLetter = pipeline.definition().deadLetter();
    if (figures.allDeadLetters() == 0 || deadLetter == null) {
      return begins;
    }
    Map<String, String> options = deadLetter.options();
    return "%s; the dead letters are in %s %s: 'tidemill dead-letters stats %s'"
        .formatted(
            begins,
            deadLetter.connector(),
            options.getOrDefault("topic", options.getOrDefault("path", "")),
            job.file());
  }

  /**
   * A broker that is not there is one message before the start, not a stack of retries after it.
   */
  private static void checkBrokers(PlannedPipeline pipeline) {
    CommandFailedException.throwIfAny(pipeline.obstacles(BROKER_LIMIT));
  }
}
