package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.inference.Scored;
import io.tidemill.model.ModelVersion;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.RowData;

/**
 * A checked pipeline that can be added to any number of Flink environments.
 *
 * <p>Immutable and thread-safe.
 */
public final class PlannedPipeline {
  private final PipelineDefinition definition;
  private final String store;
  private final Configuration configuration;
  private final RecordSource source;
  private final List<PlannedStep> steps;
  private final RecordSchema sinkSchema;
  private final RecordSink sink;
  private final Optional<RecordSink> deadLetters;

  PlannedPipeline(
      PipelineDefinition definition,
      String store,
      Configuration configuration,
      RecordSource source,
      List<PlannedStep> steps,
      RecordSchema sinkSchema,
      RecordSink sink,
      Optional<RecordSink> deadLetters) {
    this.definition = definition;
    this.store = store;
    this.configuration = configuration;
    this.source = source;
    this.steps = List.copyOf(steps);
    this.sinkSchema = sinkSchema;
    this.sink = sink;
    this.deadLetters = deadLetters;
  }

  /** What was planned. */
  public PipelineDefinition definition() {
    return definition;
  }

  /** The versions that the steps are pinned to, in the order of the steps. */
  public List<ModelVersion> models() {
    return steps.stream().map(step -> step.model().version()).toList();
  }

  /** The columns that the sink writes. */
  public RecordSchema sinkSchema() {
    return sinkSchema;
  }

  /** Flink's configuration for this job; a copy. */
  public Configuration configuration() {
    return new Configuration(configuration);
  }

  /** The options of source, sink and dead-letter sink, in this order. */
  public List<ConnectorOptions> connectors() {
    List<ConnectorOptions> connectors = new ArrayList<>();
    connectors.add(SourceTranslator.options(definition));
    connectors.add(SinkTranslator.options(definition));
    DeadLetterTranslator.options(definition).ifPresent(connectors::add);
    return connectors;
  }

  /** Adds the whole job to an environment that was made with its {@link #configuration()}. */
  public void attach(StreamExecutionEnvironment environment) {
    SourceStreams read = source.attach(environment, SourceTranslator.ID);
    List<DataStream<RowData>> unscored = new ArrayList<>();
    read.deadLetters().ifPresent(unscored::add);
    DataStream<RowData> records = read.records();
    boolean fresh = source.freshRecords();
    for (PlannedStep step : steps) {
      Scored<RowData, RowData> scored = StepTranslator.attach(step, records, fresh);
      unscored.add(StepTranslator.deadLetters(step, records, scored));
      records = scored.predictions();
      // A scored row is a view that its step makes for one record and never touches again.
      fresh = true;
    }
    sink.attach(records, SinkTranslator.ID);
    DataStream<RowData> all = unscored.get(0);
    for (DataStream<RowData> more : unscored.subList(1, unscored.size())) {
      all = all.union(more);
    }
    DeadLetterTranslator.attach(deadLetters, all);
  }

  /** What was planned, in words and numbers. */
  public PipelinePlan describe() {
    return new PlanDescription(definition, store, configuration, source, steps, sink, deadLetters)
        .describe(this);
  }
}
