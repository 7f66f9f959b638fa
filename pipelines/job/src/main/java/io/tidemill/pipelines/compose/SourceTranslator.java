package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Sources;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.util.Optional;

/** Plans the source of a job. */
final class SourceTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "source";

  private SourceTranslator() {}

  static ConnectorOptions options(PipelineDefinition job) {
    return new ConnectorOptions(ID, job.source().options());
  }

  static Optional<RecordSchema> schema(PipelineDefinition job, PlanProblems problems) {
    SchemaDefinition schema = job.source().schema();
    if (schema == null) {
      problems.add(ID, "source: no schema (expected: a schema file, or columns)");
      return Optional.empty();
    }
    return problems.collect(ID + "." + Schemas.key(schema), () -> Schemas.read(schema));
  }

  static Optional<RecordSource> plan(
      PipelineDefinition job, RecordSchema schema, PlanProblems problems) {
    Optional<RecordSource> source =
        problems.collect(
            ID,
            () -> Sources.create(new SourceSpec(options(job), schema, job.deadLetter() != null)));
    if (job.mode() == ExecutionMode.BATCH && source.isPresent() && !source.get().bounded()) {
      problems.add(
          ID,
          "source: never ends (expected: one that does in mode batch; for kafka set"
              + " scan.bounded.mode: latest-offset)");
    }
    return source;
  }
}
