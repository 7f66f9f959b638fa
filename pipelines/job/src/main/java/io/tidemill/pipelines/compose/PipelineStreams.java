package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.ColumnSink;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.inference.Scored;
import io.tidemill.inference.operator.ColumnsTypeInfo;
import io.tidemill.inference.step.OutputField;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/**
 * The streams of a job: from its source through its steps to its sinks, as records or as columns.
 * Immutable.
 *
 * @param counted whether predictions are counted on their way to the sink
 * @param attaching of its sinks
 */
record PipelineStreams(
    PipelineDefinition definition,
    SourceTranslator source,
    List<PlannedStep> steps,
    SinkTranslator sink,
    DeadLetterTranslator deadLetters,
    boolean counted,
    Attaching attaching) {

  /** How a sink is added: to a graph that runs, or to one that is looked at. */
  interface Attaching {
    void attach(RecordSink sink, DataStream<RowData> rows, String uid);
  }

  /** Adds all of them. */
  void attach(StreamExecutionEnvironment environment) {
    List<DataStream<RowData>> unscored = new ArrayList<>();
    Optional<ColumnSource> columns = columns();
    if (columns.isPresent()) {
      write(
          count(
              scoreColumns(columns.get(), environment, unscored),
              PredictionCountFactory::ofColumns));
    } else {
      DataStream<RowData> records = scoreRecords(environment, unscored);
      attaching.attach(
          sink.sink().orElseThrow(),
          count(records, PredictionCountFactory::ofRows),
          SinkTranslator.ID);
    }
    DataStream<RowData> all = unscored.get(0);
    for (DataStream<RowData> more : unscored.subList(1, unscored.size())) {
      all = all.union(more);
    }
    deadLetters.attach(all, attaching);
  }

  /** The records as columns, where that is how they are scored. */
  Optional<ColumnSource> columns() {
    return definition.mode() == ExecutionMode.BATCH
        ? source.source().orElseThrow().columns()
        : Optional.empty();
  }

  private DataStream<RowData> scoreRecords(
      StreamExecutionEnvironment environment, List<DataStream<RowData>> unscored) {
    RecordSource planned = source.source().orElseThrow();
    SourceStreams<RowData> read = planned.attach(environment, SourceTranslator.ID);
    read.deadLetters().ifPresent(unscored::add);
    DataStream<RowData> records = read.records();
    RowType rows = planned.rowType();
    boolean fresh = planned.freshRecords();
    for (PlannedStep step : steps) {
      Scored<RowData, RowData> scored = step.attach(records, fresh);
      unscored.add(step.deadLetters(rows, scored));
      records = scored.predictions();
      rows = step.binding().outputType();
      // A scored row is a view that its step makes for one record and never touches again.
      fresh = true;
    }
    return records;
  }

  /** As columns from the files to the predictions. */
  private DataStream<VectorizedColumnBatch> scoreColumns(
      ColumnSource columns,
      StreamExecutionEnvironment environment,
      List<DataStream<RowData>> unscored) {
    RowType rows = source.source().orElseThrow().rowType();
    SourceStreams<VectorizedColumnBatch> read =
        columns.attach(
            environment,
            SourceTranslator.ID,
            new ColumnsTypeInfo(rows),
            mostRowsAtOnce(),
            // Else each column would be taken apart on its way to the step.
            steps.get(0).definition().resources().parallelism());
    read.deadLetters().ifPresent(unscored::add);
    DataStream<VectorizedColumnBatch> records = read.records();
    for (PlannedStep step : steps) {
      Scored<RowData, VectorizedColumnBatch> scored = step.attachColumns(records);
      unscored.add(step.deadLetters(rows, scored));
      records = scored.predictions();
      rows = step.binding().outputType();
    }
    return records;
  }

  /** As columns to the files, or as rows where the sink takes no others. */
  private void write(DataStream<VectorizedColumnBatch> scored) {
    RecordSink made = sink.sink().orElseThrow();
    Optional<ColumnSink> columns = made.columns();
    if (columns.isPresent()) {
      columns.get().attach(scored, SinkTranslator.ID, new ColumnsTypeInfo(columns.get().written()));
      return;
    }
    String uid = SinkTranslator.ID + "-rows";
    attaching.attach(
        made,
        scored
            .flatMap(new RowsOfColumns())
            .returns(InternalTypeInfo.of(((ColumnsTypeInfo) scored.getType()).rowType()))
            .name(uid)
            .uid(uid)
            .setParallelism(scored.getParallelism()),
        SinkTranslator.ID);
  }

  /** So many that no step has to cut an element into batches. */
  private int mostRowsAtOnce() {
    return steps.stream()
        .mapToInt(step -> step.definition().settings().batching().maxSize())
        .min()
        .orElse(Integer.MAX_VALUE);
  }

  /** The fields that the steps add and the sink writes. */
  private List<String> predicted() {
    List<String> written =
        sink.schema().orElseThrow().columns().stream().map(RecordSchema.Column::name).toList();
    return definition.steps().stream()
        .flatMap(step -> step.output().values().stream())
        .map(OutputField::name)
        .filter(written::contains)
        .distinct()
        .toList();
  }

  private <E> DataStream<E> count(
      DataStream<E> records,
      BiFunction<RowType, List<String>, PredictionCountFactory<E>> counting) {
    if (!counted) {
      return records;
    }
    RowType rows = steps.get(steps.size() - 1).binding().outputType();
    return records
        .transform("predictions", records.getType(), counting.apply(rows, predicted()))
        .setParallelism(records.getParallelism())
        .uid("predictions");
  }
}
