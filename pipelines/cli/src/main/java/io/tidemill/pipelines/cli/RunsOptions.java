package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
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
    return JobRuns.of(read());
  }

  /** The day that is meant, where the job is. */
  LocalDate day(DateArgument date) {
    return date.in(read().definition().nightly().timeZone(), Instant.now());
  }

  private ParsedPipeline read() {
    return new PipelineReader(caller.environment()).read(job);
  }
}
