package io.tidemill.pipelines.yaml;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.definition.PipelineDefinition;

/** A definition, and where each part of it was written. */
public record ParsedPipeline(PipelineDefinition definition, Locations locations) {
  public ParsedPipeline {
    requireNonNull(definition, "definition");
    requireNonNull(locations, "locations");
  }
}
