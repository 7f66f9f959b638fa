package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.inference.Scored;
import io.tidemill.model.ModelVersion;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
  private final SourceTranslator source;
  private final List<PlannedStep> steps;
  private final SinkTranslator sink;
  private final DeadLetterTranslator deadLetters;

  /** Of parts that have no problems. */
  PlannedPipeline(
      PipelineDefinition definition,
      String store,
      Configuration configuration,
      SourceTranslator source,
      List<PlannedStep> steps,
      SinkTranslator sink,
      DeadLetterTranslator deadLetters) {
    this.definition = definition;
    this.store = store;
    this.configuration = configuration;
    this.source = source;
    this.steps = List.copyOf(steps);
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
    return sink.schema().orElseThrow();
  }

  /** Flink's configuration for this job; a copy. */
  public Configuration configuration() {
    return new Configuration(configuration);
  }

  /**
   * What stands in the way of a start outside this process, such as a broker that does not answer:
   * of the first part that has anything, since the others would mostly say the same. Blocks for
   * about {@code limit} for each part.
   */
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    List<Problem<OptionKey>> obstacles = source.source().orElseThrow().obstacles(limit);
    if (obstacles.isEmpty()) {
      obstacles = sink.sink().orElseThrow().obstacles(limit);
    }
    return obstacles.isEmpty()
        ? deadLetters.sink().map(made -> made.obstacles(limit)).orElse(List.of())
        : obstacles;
  }

  /** Adds the whole job to an environment that was made with its {@link #configuration()}. */
  public void attach(StreamExecutionEnvironment environment) {
    RecordSource planned = source.source().orElseThrow();
    SourceStreams read = planned.attach(environment, SourceTranslator.ID);
    List<DataStream<RowData>> unscored = new ArrayList<>();
    read.deadLetters().ifPresent(unscored::add);
    DataStream<RowData> records = read.records();
    boolean fresh = planned.freshRecords();
    for (PlannedStep step : steps) {
      Scored<RowData, RowData> scored = step.attach(records, fresh);
      unscored.add(step.deadLetters(records, scored));
      records = scored.predictions();
      // A scored row is a view that its step makes for one record and never touches again.
      fresh = true;
    }
    sink.sink().orElseThrow().attach(records, SinkTranslator.ID);
    DataStream<RowData> all = unscored.get(0);
    for (DataStream<RowData> more : unscored.subList(1, unscored.size())) {
      all = all.union(more);
    }
    deadLetters.attach(all);
  }

  /** What was planned, in words and numbers. */
  public PipelinePlan describe() {
    return new PlanDescription(definition, store, source, steps, sink, deadLetters).describe(this);
  }
}
