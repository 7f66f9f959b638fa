package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A job that is to run on a cluster, and what it may let go of. */
final class SubmittedJob {
  static final String ALLOW_DOUBLES = "--allow-doubles";

  private final Caller caller;

  @Mixin private JobOptions job;

  @Option(
      names = {"-n", "--allow-non-restored-state"},
      description = "Let state go that belongs to no operator of the job any more.")
  private boolean letGo;

  SubmittedJob(Caller caller) {
    this.caller = caller;
  }

  /** Plans it, as {@code plan} does, and reads what goes with it. */
  Submission plan() {
    ParsedPipeline written = job.read(caller.environment(), null);
    if (written.forDates()) {
      throw JobOptions.undated(written);
    }
    PlannedPipeline planned = job.plan(caller.environment(), Map.of(), written);
    planned.checkFoldersAboveSink();
    return new Submission(
        planned,
        CarriedJob.of(
            Path.of(job.file()), written, planned, job.flinkOptions(), caller.environment()),
        letGo);
  }

  String file() {
    return job.file();
  }
}
