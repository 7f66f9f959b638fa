package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.JobRuns;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
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
    return JobRuns.of(new PipelineReader(caller.environment()).read(job));
  }
}
