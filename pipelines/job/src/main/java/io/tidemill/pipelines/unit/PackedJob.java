package io.tidemill.pipelines.unit;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A job that came as one file, with the files that it names and its versions. Immutable.
 *
 * @param file that one, beside which the job runs: other paths in it are relative to its folder
 * @param yaml where the job's own file is now, with those that it names beside it
 * @param store where its versions are now
 * @param models the version that each step is pinned to, by the step
 */
public record PackedJob(Path file, Path yaml, String store, Map<String, ModelVersion> models) {
  /** What a job's file is called where it is with those that it names. */
  public static final String YAML = "job.yaml";

  /** How large all of them may be, which is what a ConfigMap of Kubernetes holds. */
  public static final int MOST_BYTES = 1_000_000;

  public PackedJob {
    requireNonNull(file, "file");
    requireNonNull(yaml, "yaml");
    requireNonNull(store, "store");
    models = Map.copyOf(models);
  }

  /** A store as people find it, as its own is in a temporary folder meanwhile. */
  public String shown(String uri) {
    return uri.equals(store) ? file + "!models" : uri;
  }

  /** The folder that the job runs in. */
  public Path folder() {
    return requireNonNull(file.toAbsolutePath().normalize().getParent(), "folder");
  }

  /**
   * The job as it was written, with the files that came with it.
   *
   * @param date what its templates stand for; null to leave them as they are
   * @throws InvalidPipelineException with all that is wrong
   */
  public ParsedPipeline written(Map<String, String> environment, @Nullable LocalDate date) {
    String text;
    try {
      text = Files.readString(yaml);
    } catch (IOException unreadable) {
      throw InvalidPipelineException.at(
          Location.of(file.toString()),
          "its job cannot be read: %s (expected: YAML in UTF-8)"
              .formatted(unreadable.getMessage()));
    }
    return new PipelineReader(environment, date)
        .read(file.toString(), folder(), requireNonNull(yaml.getParent(), "folder of files"), text);
  }

  /** As {@link #written}, with the store and the versions that came with it. */
  public ParsedPipeline read(Map<String, String> environment, @Nullable LocalDate date) {
    ParsedPipeline written = written(environment, date);
    PipelineDefinition job = written.definition();
    return written.with(
        job.withStore(store).withSteps(job.steps().stream().map(this::pinned).toList()));
  }

  private StepDefinition pinned(StepDefinition step) {
    ModelVersion version = models.get(step.id());
    return version == null ? step : step.withModel(version.toString());
  }

  /**
   * Checks that a job was planned with the versions that came with it, as those of another store
   * may be others of the same name.
   *
   * @throws InvalidPipelineException if it was not
   */
  public void check(PlannedPipeline planned, Function<String, Location> locations) {
    List<Problem<Location>> problems = new ArrayList<>();
    List<StepDefinition> steps = planned.definition().steps();
    for (int i = 0; i < steps.size(); i++) {
      ModelVersion there = planned.models().get(i);
      ModelVersion locked = models.get(steps.get(i).id());
      if (!there.equals(locked)) {
        String place = "steps." + steps.get(i).id() + ".model";
        problems.add(
            new Problem<>(
                locations.apply(place),
                "%s: %s with digest %s in store %s (expected: %s, which the job was packaged with); package the job against that store, or push its model under another number"
                    .formatted(
                        place,
                        there,
                        there.digest(),
                        planned.describe().store(),
                        locked == null ? "none" : locked + " with digest " + locked.digest())));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidPipelineException(problems);
    }
  }

  /**
   * Publishes its versions in a store that others reach, where they are not there yet.
   *
   * @throws StoreRefusedException if one is there with other content, or the store's policy forbids
   *     it
   */
  public void publishModels(ModelStore target) {
    ModelStore own = ModelStore.open(store);
    models.values().stream()
        .distinct()
        .sorted(Comparator.comparing(ModelVersion::toString))
        .forEach(version -> UnitContent.copy(version, own, target));
  }
}
