package io.tidemill.pipelines.yaml;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A definition, and where each part of it was written. Immutable and thread-safe.
 *
 * @param locations by path: {@code sink.topic}, {@code steps.score.input.features[2]}
 * @param template the first template of a date; null if there is none
 * @param variables what the file takes from the environment
 */
public record ParsedPipeline(
    PipelineDefinition definition,
    String file,
    Map<String, Location> locations,
    @Nullable Location template,
    List<VariableUse> variables) {
  public ParsedPipeline {
    requireNonNull(definition, "definition");
    requireNonNull(file, "file");
    locations = Map.copyOf(locations);
    variables = List.copyOf(variables);
  }

  /** The same, of a definition that was made of this one. */
  public ParsedPipeline with(PipelineDefinition other) {
    return new ParsedPipeline(other, file, locations, template, variables);
  }

  /** Whether the job is one that runs for a date: it has templates, limits on errors or gates. */
  public boolean forDates() {
    return template != null
        || definition.nightly().errors() != null
        || definition.nightly().gates() != null;
  }

  /** The place of a part; for one that is not written in the file, of the nearest that holds it. */
  public Location locationOf(String path) {
    return new Places(file, locations).apply(path);
  }
}
