package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.unit.PackedJob;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A job that is to run on a cluster, and what it may let go of. */
final class SubmittedJob {
  static final String ALLOW_DOUBLES = "--allow-doubles";

  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private SignedByOption signedBy;

  @Option(
      names = {"-n", "--allow-non-restored-state"},
      description = "Let state go that belongs to no operator of the job any more.")
  private boolean letGo;

  SubmittedJob(Caller caller) {
    this.caller = caller;
  }

  /** Plans it, as {@code plan} does, and reads what goes with it; writes nothing. */
  Submission plan() {
    signedBy.demand();
    return submission(job.planUnpublished(caller.environment()));
  }

  /** The same where a cluster finds its models: its machines see no unit, but a store. */
  Submission published(Submission planned) {
    return job.packed().isPresent()
        ? submission(job.planForCluster(caller.environment()))
        : planned;
  }

  private Submission submission(PlannedPipeline planned) {
    return new Submission(planned, carried(planned), letGo);
  }

  private CarriedJob carried(PlannedPipeline planned) {
    Optional<PackedJob> unit = job.packed();
    CarriedJob carried =
        CarriedJob.of(
            unit.map(PackedJob::yaml).orElseGet(() -> Path.of(job.file())),
            job.written(caller.environment()),
            planned,
            job.flinkOptions(),
            caller.environment());
    return unit.isPresent() ? carried.in(unit.get().folder()) : carried;
  }

  String file() {
    return job.file();
  }
}
