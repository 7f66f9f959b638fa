package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.ColumnSink;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.connectors.record.RecordSource;
import io.tidemill.connectors.record.SourceStreams;
import io.tidemill.inference.Scored;
import io.tidemill.inference.operator.ColumnsTypeInfo;
import io.tidemill.inference.step.OutputField;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.columnar.vector.VectorizedColumnBatch;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

/**
 * A checked pipeline that can be added to any number of Flink environments.
 *
 * <p>Immutable and thread-safe.
 */
public final class PlannedPipeline {
  private final PipelineDefinition definition;
  private final Function<String, Location> locations;
  private final String store;
  private final Configuration configuration;
  private final SourceTranslator source;
  private final List<PlannedStep> steps;
  private final SinkTranslator sink;
  private final DeadLetterTranslator deadLetters;
  private final boolean counted;

  /** Of parts that have no problems. */
  PlannedPipeline(
      PipelineDefinition definition,
      Function<String, Location> locations,
      String store,
      Configuration configuration,
      SourceTranslator source,
      List<PlannedStep> steps,
      SinkTranslator sink,
      DeadLetterTranslator deadLetters,
      boolean counted) {
    this.definition = definition;
    this.locations = locations;
    this.store = store;
    this.configuration = configuration;
    this.source = source;
    this.steps = List.copyOf(steps);
    this.sink = sink;
    this.deadLetters = deadLetters;
    this.counted = counted;
  }

  /** What was planned. */
  public PipelineDefinition definition() {
    return definition;
  }

  /** Where a part of the definition was written. */
  public Location locationOf(String path) {
    return locations.apply(path);
  }

  /** The versions that the steps are pinned to, in the order of the steps. */
  public List<ModelVersion> models() {
    return steps.stream().map(step -> step.model().version()).toList();
  }

  /** The models of the steps, in the order of the steps, as their tasks load them. */
  public List<StoredModel> storedModels() {
    return steps.stream().map(PlannedStep::model).toList();
  }

  /** The columns that the source reads. */
  public RecordSchema sourceSchema() {
    return source.schema().orElseThrow();
  }

  /** The columns that the sink writes. */
  public RecordSchema sinkSchema() {
    return sink.schema().orElseThrow();
  }

  /** The format in which the sink writes them; empty where it has none. */
  public Optional<String> sinkFormat() {
    return sink.options().format();
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

  /**
   * What another run of this job has open at the sinks, which one that goes on from nothing would
   * end without knowing of it. Blocks for about {@code limit} for each sink.
   */
  public List<Problem<OptionKey>> openElsewhere(Duration limit) {
    List<Problem<OptionKey>> open = new ArrayList<>(sink.sink().orElseThrow().openElsewhere(limit));
    deadLetters.sink().ifPresent(made -> open.addAll(made.openElsewhere(limit)));
    return open;
  }

  /** The same, which counts its predictions on their way to the sink. */
  public PlannedPipeline counted() {
    return new PlannedPipeline(
        definition, locations, store, configuration, source, steps, sink, deadLetters, true);
  }

  /**
   * How the predictions are distributed that a job of this pipeline has made.
   *
   * @return nothing unless it is {@link #counted()}
   */
  public List<FieldSketch> sketches(JobExecutionResult result) {
    ArrayList<FieldCount> counts = result.getAccumulatorResult(PredictionCountFactory.NAME);
    return counts == null ? List.of() : counts.stream().map(FieldSketch::of).toList();
  }

  /** The fields that the steps add and the sink writes. */
  private List<String> predicted() {
    List<String> written = sinkSchema().columns().stream().map(RecordSchema.Column::name).toList();
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

  /** Adds the whole job to an environment that was made with its {@link #configuration()}. */
  public void attach(StreamExecutionEnvironment environment) {
    List<DataStream<RowData>> unscored = new ArrayList<>();
    Optional<ColumnSource> columns = columns();
    if (columns.isPresent()) {
      write(
          count(
              scoreColumns(columns.get(), environment, unscored),
              PredictionCountFactory::ofColumns));
    } else {
      DataStream<RowData> records = scoreRecords(environment, unscored);
      sink.sink()
          .orElseThrow()
          .attach(count(records, PredictionCountFactory::ofRows), SinkTranslator.ID);
    }
    DataStream<RowData> all = unscored.get(0);
    for (DataStream<RowData> more : unscored.subList(1, unscored.size())) {
      all = all.union(more);
    }
    deadLetters.attach(all);
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

  /** The records as columns, where that is how they are scored. */
  Optional<ColumnSource> columns() {
    return definition.mode() == ExecutionMode.BATCH
        ? source.source().orElseThrow().columns()
        : Optional.empty();
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
    made.attach(
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

  /** Begins to load the models in this process, where the tasks of this job will ask for them. */
  public ModelsAhead loadAhead() {
    return ModelsAhead.load(steps);
  }

  /** The job as Flink's graph, to be looked at. */
  public StreamGraph graph() {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration());
    try (StagingFolders made = new StagingFolders(stagingSinks())) {
      attach(environment);
      return environment.getStreamGraph(false);
    }
  }

  /**
   * Adds the whole job to an environment and starts it there. What its sinks made for it goes again
   * if it does not start.
   */
  public JobClient start(StreamExecutionEnvironment environment) throws Exception {
    try (StagingFolders made = new StagingFolders(stagingSinks())) {
      attach(environment);
      JobClient client = environment.executeAsync(definition.name());
      made.keep();
      return client;
    }
  }

  /** The folders of its sinks in which Flink stages files until the job ends. */
  private List<Path> stagingSinks() {
    return definition.mode() == ExecutionMode.BATCH
        ? Stream.concat(Stream.of(sink.options()), deadLetters.options().stream())
            .flatMap(options -> options.folder().stream())
            .map(Path::new)
            .toList()
        : List.of();
  }

  /**
   * Looks at the folders above the files of its sink, where it runs for no date: of one of the form
   * NAME=VALUE Flink makes a partition once more below them, at the end of a batch job.
   *
   * @throws InvalidPipelineException if there is such a folder
   */
  public void checkFoldersAboveSink() {
    boolean partitions =
        definition.mode() == ExecutionMode.BATCH && !definition.sink().partitionedBy().isEmpty();
    sink.options()
        .folder()
        .filter(path -> partitions)
        .flatMap(path -> Folder.of(path).partition())
        .ifPresent(
            above -> {
              throw new InvalidPipelineException(
                  List.of(
                      new Problem<>(
                          locationOf("sink." + TableKeys.PARTITIONED_BY),
                          "sink: partitioned-by below '%s' of its path (expected: no folder of the form NAME=VALUE there, which Flink takes for a partition, too, and makes again below it; name it without '=')"
                              .formatted(above))));
            });
  }

  /**
   * Where files are staged now beside those of its sinks: by runs that were killed, or by other
   * jobs that go on. Blocks on the file system.
   */
  public List<Path> staged() {
    return StagingFolders.in(stagingSinks());
  }

  /** Whether its source ends by itself. */
  public boolean bounded() {
    return source.source().orElseThrow().bounded();
  }

  /** The option by which the source begins at offsets that its broker keeps, if it does. */
  public Optional<OptionKey> startsAtCommittedOffsets() {
    return source.source().orElseThrow().startsAtCommittedOffsets();
  }

  /** Whether a sink publishes with the checkpoints, each record once. */
  public boolean publishesExactlyOnce() {
    return sink.sink().orElseThrow().exactlyOnce()
        || deadLetters.sink().filter(RecordSink::exactlyOnce).isPresent();
  }

  /** What it takes of direct memory where all of it runs in one process. */
  public MemoryNeed memory() {
    return MemoryNeed.of(steps, configuration);
  }

  /**
   * Looks whether all of it can run in this process.
   *
   * @throws InvalidPipelineException if its steps want more direct memory than there is
   */
  public void checkMemory() {
    MemoryNeed need = memory();
    if (!need.fits()) {
      throw new InvalidPipelineException(
          List.of(new Problem<>(locationOf("steps"), need.refusal())));
    }
  }

  /**
   * Whether all that it has published is published again when a JobManager dies: the cluster does
   * not keep where the job was, and it begins with no savepoint.
   *
   * @param cluster what the cluster is configured with
   */
  public boolean mayPublishTwice(ReadableConfig cluster) {
    return definition.mode() == ExecutionMode.STREAMING
        && publishesExactlyOnce()
        && !HighAvailabilityMode.isHighAvailabilityModeActivated(
            Configuration.fromMap(cluster.toMap()))
        && Stream.of(cluster, configuration)
            .allMatch(each -> each.getOptional(StateRecoveryOptions.SAVEPOINT_PATH).isEmpty());
  }

  /** What was planned, in words and numbers. */
  public PipelinePlan describe() {
    return new PlanDescription(definition, store, source, steps, sink, deadLetters).describe(this);
  }
}
