package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.nightly.HeldRun;
import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.nightly.RunAccount;
import io.tidemill.pipelines.nightly.RunState;
import io.tidemill.pipelines.nightly.Surroundings;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.EnumSet;
import picocli.CommandLine.Parameters;

/** Whose runs they are. */
final class RunsOptions {
  private final Caller caller;

  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
  private Path job = Path.of("");

  RunsOptions(Caller caller) {
    this.caller = caller;
  }

  String file() {
    return job.toString();
  }

  JobRuns open() {
    return JobRuns.of(written());
  }

  ParsedPipeline written() {
    return caller.read(job, null);
  }

  /** The job for a date. */
  ParsedPipeline dated(LocalDate date) {
    return caller.read(job, date);
  }

  /** The day that is meant, where the job is. */
  LocalDate day(DateArgument date) {
    return date.in(written().definition().nightly().timeZone(), Instant.now());
  }

  /** The run of the choice, which is held. */
  HeldRun held(RunChoice choice, Output output) {
    RunAccount held = choice.of(this, EnumSet.of(RunState.HELD), output);
    LocalDate date = LocalDate.parse(held.date());
    return new HeldRun(
        DatedJob.of(written(), dated(date), date), held, Surroundings.ofProcess(Version.parts()));
  }
}
