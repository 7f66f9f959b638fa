package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Sinks;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.ModelVersion;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.types.logical.RowType;

/** Plans the sink of a job. */
final class SinkTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "sink";

  private SinkTranslator() {}

  static ConnectorOptions options(PipelineDefinition job) {
    return new ConnectorOptions(ID, job.sink().options());
  }

  /** The columns that the job names or, where it names none, those of the source and the steps. */
  static Optional<RecordSchema> schema(
      PipelineDefinition job, RecordSchema source, RowType rows, PlanProblems problems) {
    SchemaDefinition written = job.sink().schema();
    if (written != null) {
      return problems.collect(ID + "." + Schemas.key(written), () -> Schemas.read(written));
    }
    boolean unscored =
        job.steps().stream().anyMatch(step -> step.settings().nullInput() == OnNullInput.SKIP);
    List<RowType.RowField> fields = new ArrayList<>(source.rowType().getFields());
    for (RowType.RowField field : rows.getFields()) {
      boolean predicted = source.rowType().getFieldIndex(field.getName()) < 0;
      if (predicted && !field.getName().equals(Origin.COLUMN)) {
        fields.add(new RowType.RowField(field.getName(), field.getType().copy(unscored)));
      }
    }
    return Optional.of(RecordSchema.of(new RowType(false, fields)));
  }

  static Optional<RecordSink> plan(
      PipelineDefinition job,
      RecordSchema schema,
      RowType rows,
      List<PlannedStep> steps,
      CheckpointPlan checkpoints,
      PlanProblems problems) {
    Optional<RecordSink> sink =
        problems.collect(
            ID,
            () ->
                Sinks.create(
                    new SinkSpec(
                        options(job),
                        schema,
                        rows,
                        SourceTranslator.options(job),
                        job.name(),
                        provenance(steps))));
    sink.ifPresent(made -> made.problemsWith(checkpoints).forEach(problems::add));
    return sink;
  }

  /** What made a prediction: for each step in turn its id, model, version and digest. */
  private static List<Header> provenance(List<PlannedStep> steps) {
    List<Header> headers = new ArrayList<>();
    for (PlannedStep step : steps) {
      ModelVersion version = step.model().version();
      headers.add(Header.of("tidemill.step", step.definition().id()));
      headers.add(Header.of("tidemill.model", version.name()));
      headers.add(Header.of("tidemill.version", version.version().toString()));
      headers.add(Header.of("tidemill.digest", version.digest()));
    }
    return headers;
  }
}
