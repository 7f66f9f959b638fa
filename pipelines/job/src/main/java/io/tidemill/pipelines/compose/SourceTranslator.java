package io.tidemill.pipelines.compose;

import io.tidemill.connectors.Connectors;
import io.tidemill.connectors.kafka.KafkaConnector;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.FileReading;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.FoundColumns;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceSpec;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.FilesDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.flink.table.types.logical.RowType;

/** The source of a job, as far as it could be planned. Immutable. */
final class SourceTranslator {
  /** Its path in the definition, its uid, and the name that messages use. */
  static final String ID = "source";

  private final ConnectorOptions written;
  private final ConnectorOptions options;
  private final Optional<FoundColumns> found;
  private final Optional<RecordSchema> schema;
  private final Optional<RecordSource> source;

  /**
   * Looks at the source.
   *
   * @param filesAreThere whether its files say which columns they have, where the job declares none
   */
  SourceTranslator(
      PipelineDefinition job,
      CheckpointPlan checkpoints,
      boolean filesAreThere,
      PlanProblems problems) {
    written = new ConnectorOptions(ID, job.source().options());
    options = written.ofOneFolder();
    if (written.foldersAreMany() && !job.source().partitionedBy().isEmpty()) {
      problems.add(
          ID + "." + ConnectorOptions.PATH,
          "source: path with '*' or '?' beside partitioned-by (expected: one of the two, as the folders of columns are those right below the path)");
    }
    SchemaDefinition declared = job.source().schema();
    FileReading files =
        new FileReading(
            job.source().files().onCorrupt() == FilesDefinition.OnCorrupt.DEAD_LETTER,
            job.source().files().whole());
    found = declared == null && filesAreThere ? found(job, files, problems) : Optional.empty();
    Optional<RecordSchema> values =
        declared == null
            ? found.map(FoundColumns::schema)
            : new SchemaReading(ID, declared).read(problems);
    if (values.isEmpty() && (declared != null || !filesAreThere)) {
      problems.check(options, null);
    }
    source =
        values.flatMap(
            columns ->
                problems.collect(
                    ID,
                    () ->
                        new Connectors()
                            .source(
                                new SourceSpec(
                                    options,
                                    columns,
                                    new TableKeys(List.of(), job.source().partitionedBy(), false),
                                    job.deadLetter() != null,
                                    files))));
    source.ifPresent(made -> made.problemsWith(checkpoints).forEach(problems::add));
    schema = source.map(RecordSource::schema).or(() -> values);
    if (job.mode() == ExecutionMode.BATCH && source.isPresent() && !source.get().bounded()) {
      problems.add(
          ID,
          "source: never ends (expected: one that does in mode batch; for kafka set"
              + " scan.bounded.mode: latest-offset)");
    }
  }

  /** The columns of its files, where the job declares none. */
  private Optional<FoundColumns> found(
      PipelineDefinition job, FileReading files, PlanProblems problems) {
    // A streaming job goes on from what it has kept of records, whatever files there are by then.
    Optional<Optional<FoundColumns>> looked =
        job.mode() == ExecutionMode.BATCH
            ? problems.collect(
                ID, () -> new Connectors().found(written, job.source().partitionedBy(), files))
            : Optional.of(Optional.empty());
    if (looked.filter(Optional::isEmpty).isPresent()) {
      problems.add(ID, "source: no schema (expected: a schema file, or columns)");
      problems.check(options, null);
    }
    return looked.flatMap(Function.identity());
  }

  /** As the job has them, for a person. */
  ConnectorOptions written() {
    return written;
  }

  ConnectorOptions options() {
    return options;
  }

  /** What the steps read, as far as it is known: some options, if they are right, add to it. */
  Optional<RowType> rows() {
    boolean adds =
        options.values().keySet().stream().anyMatch(key -> key.startsWith(KafkaConnector.METADATA));
    return source
        .map(RecordSource::rowType)
        .or(
            () ->
                schema.filter(columns -> !adds).map(columns -> Origin.appendTo(columns.rowType())));
  }

  /** The columns; empty where they are a problem. */
  Optional<RecordSchema> schema() {
    return schema;
  }

  /** The columns as they were found in a file; empty where the job declares them. */
  Optional<FoundColumns> found() {
    return found;
  }

  /** The source; empty where it is a problem. */
  Optional<RecordSource> source() {
    return source;
  }
}
