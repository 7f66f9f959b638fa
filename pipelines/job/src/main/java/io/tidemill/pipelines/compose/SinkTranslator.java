package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Connectors;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.Header;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.SinkSpec;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.ModelVersion;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.file.table.FileSystemConnectorOptions;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/** The sink of a job, as far as it could be planned. Immutable. */
final class SinkTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "sink";

  /** Of files, in Flink's connector for them. */
  private static final String PATH = FileSystemConnectorOptions.PATH.key();

  private final ConnectorOptions options;
  private final Optional<RecordSchema> schema;
  private final Optional<RecordSink> sink;

  /**
   * Plans.
   *
   * @param source the columns that the source reads
   * @param rows what comes out of the last step, as far as the steps could be planned
   * @param deadLetters where a record goes that cannot be written, if the job has such a sink
   */
  SinkTranslator(
      PipelineDefinition job,
      RecordSchema source,
      RowType rows,
      List<PlannedStep> steps,
      Optional<RecordSink> deadLetters,
      CheckpointPlan checkpoints,
      PlanProblems problems) {
    options = new ConnectorOptions(ID, job.sink().options());
    schema = schema(job, source, rows, problems);
    Optional<RecordSink> alone =
        schema.flatMap(
            columns ->
                problems.collect(
                    ID,
                    () ->
                        new Connectors()
                            .sink(
                                new SinkSpec(
                                    options,
                                    columns,
                                    new TableKeys(
                                        job.sink().primaryKey(),
                                        job.sink().partitionedBy(),
                                        job.sink().overwrite()),
                                    rows,
                                    new ConnectorOptions(
                                        SourceTranslator.ID, job.source().options()),
                                    job.name(),
                                    provenance(steps)))));
    sink = alone.map(made -> deadLetters.map(made::lettersTo).orElse(made));
    sink.ifPresent(made -> made.problemsWith(checkpoints).forEach(problems::add));
    if (job.sink().overwrite()) {
      refuseToReplace(job.source(), SourceTranslator.ID, job.sink(), problems);
      refuseToReplace(job.deadLetter(), DeadLetterTranslator.ID, job.sink(), problems);
      refuseToReplaceLinks(job.sink(), problems);
    }
  }

  /** Flink deletes what is in a folder to which a link leads, and then the link. */
  private static void refuseToReplaceLinks(ConnectorDefinition sink, PlanProblems problems) {
    String own = sink.options().getOrDefault(PATH, "");
    Optional<Path> link = own.isEmpty() ? Optional.empty() : Folder.of(own).linkToFolder();
    link.ifPresent(
        found ->
            problems.add(
                ID + "." + TableKeys.OVERWRITE,
                "sink: overwrite: true of '%s', in which '%s' is a link to a folder (expected: none, as"
                    + " what is there is deleted)",
                own,
                found));
  }

  /** All that is in a folder whose rows are replaced is deleted, whosever it is. */
  private static void refuseToReplace(
      @Nullable ConnectorDefinition other,
      String part,
      ConnectorDefinition sink,
      PlanProblems problems) {
    String own = sink.options().get(PATH);
    String there = other == null ? null : other.options().get(PATH);
    if (own != null && there != null && Folder.of(own).overlaps(Folder.of(there))) {
      problems.add(
          ID + "." + TableKeys.OVERWRITE,
          "sink: overwrite: true of '%s' beside %s's '%s' (expected: neither in the other, as what is"
              + " there is deleted)",
          own,
          part,
          there);
    }
  }

  /** The columns that the job names or, where it names none, those of the source and the steps. */
  private static Optional<RecordSchema> schema(
      PipelineDefinition job, RecordSchema source, RowType rows, PlanProblems problems) {
    SchemaDefinition written = job.sink().schema();
    if (written != null) {
      return new SchemaReading(ID, written).read(problems);
    }
    boolean unscored =
        job.steps().stream().anyMatch(step -> step.settings().nullInput() == OnNullInput.SKIP);
    List<RowType.RowField> predicted = new ArrayList<>();
    for (RowType.RowField field : rows.getFields()) {
      if (source.rowType().getFieldIndex(field.getName()) < 0
          && !field.getName().equals(Origin.COLUMN)) {
        boolean nullable = unscored || mayHaveNoLabel(job, field.getName());
        predicted.add(new RowType.RowField(field.getName(), field.getType().copy(nullable)));
      }
    }
    return Optional.of(source.plus(predicted));
  }

  /** Whether a field is the label of scores of which none may be a number. */
  private static boolean mayHaveNoLabel(PipelineDefinition job, String field) {
    return job.steps().stream()
        .filter(step -> step.settings().onNan() == OnNotFinite.KEEP)
        .flatMap(step -> step.output().values().stream())
        .anyMatch(output -> output.name().equals(field) && !output.labels().isEmpty());
  }

  ConnectorOptions options() {
    return options;
  }

  /** The columns that are written; empty where they are a problem. */
  Optional<RecordSchema> schema() {
    return schema;
  }

  /** The sink; empty where it is a problem. */
  Optional<RecordSink> sink() {
    return sink;
  }

  /** What made a prediction: for each step in turn its id, model, version and digest. */
  private static List<Header> provenance(List<PlannedStep> steps) {
    List<Header> headers = new ArrayList<>();
    for (PlannedStep step : steps) {
      ModelVersion version = step.model().version();
      headers.add(Header.of(StepDeadLetters.STEP, step.definition().id()));
      headers.add(Header.of(StepDeadLetters.MODEL, version.name()));
      headers.add(Header.of(StepDeadLetters.VERSION, version.version().toString()));
      headers.add(Header.of(StepDeadLetters.DIGEST, version.digest()));
    }
    return headers;
  }
}
