package io.tidemill.pipelines.compose;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.record.DeadLetterRecord;
import io.tidemill.inference.Inference;
import io.tidemill.inference.Scored;
import io.tidemill.inference.codec.RowBinding;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.StepDefinition;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/** A step whose model is pinned and whose fields fit. Immutable. */
record PlannedStep(StepDefinition definition, StoredModel model, RowBinding binding) {
  PlannedStep {
    requireNonNull(definition, "definition");
    requireNonNull(model, "model");
    requireNonNull(binding, "binding");
  }

  /** The most of Arrow's memory that each of its subtasks takes. */
  long mostBytes() {
    return definition.settings().mostBytes(model.signature().bytesPerRow());
  }

  /**
   * Adds the step to a graph.
   *
   * @param fresh whether no one changes a record after it was handed on
   */
  Scored<RowData, RowData> attach(DataStream<RowData> records, boolean fresh) {
    Scored<RowData, RowData> scored =
        Inference.on(records)
            .model(model)
            .encode(binding.encoder())
            .decode(binding.decoder(), InternalTypeInfo.of(binding.outputType()))
            .apply(definition.id(), definition.settings().withFresh(fresh));
    return withParallelism(scored);
  }

  /** Adds the step to a graph, for records that come as columns. */
  Scored<RowData, VectorizedColumnBatch> attachColumns(DataStream<VectorizedColumnBatch> records) {
    return withParallelism(
        Inference.columns(records, model, binding, definition.id(), definition.settings()));
  }

  private <R> Scored<RowData, R> withParallelism(Scored<RowData, R> scored) {
    Integer parallelism = definition.resources().parallelism();
    if (parallelism != null) {
      scored.predictions().setParallelism(parallelism);
    }
    return scored;
  }

  /**
   * The dead letters of the step as rows of the connectors' dead-letter type.
   *
   * @param rows the type of the records that came to the step
   */
  DataStream<RowData> deadLetters(RowType rows, Scored<RowData, ?> scored) {
    String name = definition.id() + "-dead-letters";
    return scored
        .deadLetters()
        .map(new StepDeadLetters(rows))
        .returns(DeadLetterRecord.typeInformation())
        .name(name)
        .uid(name);
  }
}
