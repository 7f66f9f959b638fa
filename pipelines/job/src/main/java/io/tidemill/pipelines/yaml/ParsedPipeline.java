package io.tidemill.pipelines.yaml;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.Map;

/**
 * A definition, and where each part of it was written. Immutable and thread-safe.
 *
 * @param locations by path: {@code sink.topic}, {@code steps.score.input.features[2]}
 */
public record ParsedPipeline(
    PipelineDefinition definition, String file, Map<String, Location> locations) {
  public ParsedPipeline {
    requireNonNull(definition, "definition");
    requireNonNull(file, "file");
    locations = Map.copyOf(locations);
  }

  /** The place of a part; for one that is not written in the file, of the nearest that holds it. */
  public Location locationOf(String path) {
    String part = path;
    while (!part.isEmpty()) {
      Location location = locations.get(part);
      if (location != null) {
        return location;
      }
      int end = Math.max(part.lastIndexOf('.'), part.lastIndexOf('['));
      part = part.substring(0, Math.max(end, 0));
    }
    return Location.of(file);
  }
}
