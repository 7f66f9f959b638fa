package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.PackedJob;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.jobs.Submission;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.util.Map;
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
    ParsedPipeline written = read();
    if (written.forDates()) {
      throw JobOptions.undated(written);
    }
    Optional<PackedJob> unit = job.packed();
    if (unit.isPresent()) {
      PlannedPipeline planned = job.planAsItCame(caller.environment(), unit.get(), written);
      return new Submission(planned, carried(unit.get(), planned), letGo);
    }
    PlannedPipeline planned = planned(written);
    return new Submission(
        planned,
        CarriedJob.of(
            Path.of(job.file()), written, planned, job.flinkOptions(), caller.environment()),
        letGo);
  }

  private ParsedPipeline read() {
    return job.read(caller.environment(), null);
  }

  /** The same where a cluster finds its models: its machines see no unit, but a store. */
  Submission published(Submission planned) {
    Optional<PackedJob> unit = job.packed();
    return unit.isPresent() ? published(unit.get()) : planned;
  }

  private Submission published(PackedJob unit) {
    String uri =
        job.store()
            .or(
                () ->
                    Optional.ofNullable(
                        unit.written(caller.environment(), null).definition().store()))
            .orElseGet(() -> JobOptions.storeFallback(caller.environment()));
    try {
      caller.units().unit(unit.file()).publishModels(ModelStore.open(uri));
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
    ParsedPipeline read = read();
    PlannedPipeline planned = planned(read.with(read.definition().withStore(uri)));
    return new Submission(planned, carried(unit, planned), letGo);
  }

  private CarriedJob carried(PackedJob unit, PlannedPipeline planned) {
    return CarriedJob.of(
            unit.yaml(),
            unit.written(caller.environment(), null),
            planned,
            job.flinkOptions(),
            caller.environment())
        .in(unit.folder());
  }

  private PlannedPipeline planned(ParsedPipeline written) {
    return job.planUndated(caller.environment(), Map.of(), written);
  }

  String file() {
    return job.file();
  }
}
