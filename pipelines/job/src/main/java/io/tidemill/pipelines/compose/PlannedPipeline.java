package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.ColumnSource;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.connectors.record.RecordSink;
import io.tidemill.model.Gpu;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.jobmanager.HighAvailabilityMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/**
 * A checked pipeline that can be added to any number of Flink environments.
 *
 * <p>Immutable and thread-safe.
 */
public final class PlannedPipeline {
  private static final long OFF_HEAP_STEP = 64L << 20;

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

  /** Its models as people read them, as in {@code fraud:1.4.2}, each once. */
  public List<String> modelNames() {
    return models().stream().map(ModelVersion::toString).distinct().toList();
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
   * once, whichever parts it keeps from starting. Blocks for about {@code limit}, and for ten
   * seconds more where a registry does not answer.
   */
  public List<Problem<OptionKey>> obstacles(Duration limit) {
    List<ConnectorOptions> options = new ArrayList<>(List.of(source.options()));
    List<Function<Duration, List<Problem<OptionKey>>>> parts = new ArrayList<>();
    parts.add(source.source().orElseThrow()::obstacles);
    Stream.of(sink.sink(), deadLetters.sink())
        .flatMap(Optional::stream)
        .forEach(
            made -> {
              options.add(made.options());
              parts.add(made::obstacles);
            });
    List<List<Problem<OptionKey>>> told =
        parts.stream().parallel().map(obstacles -> obstacles.apply(limit)).toList();
    List<Problem<OptionKey>> all = new ArrayList<>();
    Set<String> before = new HashSet<>();
    for (int i = 0; i < told.size(); i++) {
      ConnectorOptions own = options.get(i);
      Function<Problem<OptionKey>, String> about =
          problem -> problem.place().key() + "=" + own.value(problem.place().key()).orElse("");
      told.get(i).stream()
          .filter(problem -> !before.contains(about.apply(problem)))
          .forEach(all::add);
      told.get(i).forEach(problem -> before.add(about.apply(problem)));
    }
    return all;
  }

  /**
   * Why the last of the source's files by path cannot be read with the columns of the job; empty
   * where it can, or where nobody can tell. Blocks for about {@code limit} at most.
   */
  public Optional<String> misfit(Duration limit) {
    return source.source().flatMap(made -> made.misfit(limit));
  }

  /**
   * What another run of this job has open at the sinks, which one that goes on from nothing would
   * end without knowing of it. Blocks for about {@code limit} for each sink.
   *
   * @param written whether only what is written meanwhile counts, as that of a run that died is not
   */
  public List<Problem<OptionKey>> openElsewhere(Duration limit, boolean written) {
    List<Problem<OptionKey>> open =
        new ArrayList<>(sink.sink().orElseThrow().openElsewhere(limit, written));
    deadLetters.sink().ifPresent(made -> open.addAll(made.openElsewhere(limit, written)));
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

  /** The records as columns, where that is how they are scored. */
  Optional<ColumnSource> columns() {
    return streams(RecordSink::attach).columns();
  }

  /**
   * Makes what its sinks need before they run, such as a table of Iceberg; {@link #attach} and
   * {@link #start} do so too. Blocks.
   */
  public void prepare() {
    sink.sink().orElseThrow().prepare();
    deadLetters.sink().ifPresent(RecordSink::prepare);
  }

  /** Adds the whole job to an environment that was made with its {@link #configuration()}. */
  public void attach(StreamExecutionEnvironment environment) {
    streams(RecordSink::attach).attach(environment);
  }

  private PipelineStreams streams(PipelineStreams.Attaching attaching) {
    return new PipelineStreams(definition, source, steps, sink, deadLetters, counted, attaching);
  }

  /** Begins to load the models in this process, where the tasks of this job will ask for them. */
  public ModelsAhead loadAhead() {
    return ModelsAhead.load(steps);
  }

  /** The job as Flink's graph, to be looked at. Writes nothing. */
  public StreamGraph graph() {
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(configuration());
    try (StagingFolders folders = new StagingFolders(stagingSinks())) {
      folders.madeBy(() -> streams(RecordSink::outline).attach(environment));
      return environment.getStreamGraph(false);
    }
  }

  /**
   * Adds the whole job to an environment and starts it there. What its sinks made for it goes again
   * if it does not start.
   */
  public StartedPipeline start(StreamExecutionEnvironment environment) throws Exception {
    try (StagingFolders folders = new StagingFolders(stagingSinks())) {
      folders.madeBy(() -> attach(environment));
      JobClient client = environment.executeAsync(definition.name());
      folders.keep();
      return new StartedPipeline(client, folders);
    }
  }

  /** Takes a graph to where it runs; all that it throws means that it does not run there. */
  public interface Start {
    void accept(StreamGraph graph) throws Exception;
  }

  /**
   * Makes the job's graph and gives it to whoever starts it. What its sinks made for it goes again
   * if that fails.
   *
   * @param settle changes Flink's configuration for this start
   */
  public void start(Consumer<Configuration> settle, Start start) throws Exception {
    Configuration flink = configuration();
    settle.accept(flink);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(flink);
    try (StagingFolders folders = new StagingFolders(stagingSinks())) {
      folders.madeBy(() -> attach(environment));
      start.accept(PipelineExecutorUtils.getStreamGraph(environment.getStreamGraph(), flink));
      folders.keep();
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

  /** What it takes of memory where all of it runs in one process. */
  public MemoryNeed memory() {
    return MemoryNeed.of(steps, recordSize(), filesOfColumns(), configuration);
  }

  /** About what it takes of the heap of a TaskManager: a slot has one subtask of each step. */
  public long heapBytes(int slots) {
    return MemoryNeed.heapBytes(steps, recordSize(), filesOfColumns(), configuration, slots);
  }

  private RecordSize recordSize() {
    return columns().isPresent() ? RecordSize.ofColumns(steps) : RecordSize.of(steps);
  }

  /** How many of source and sink are files that hold many rows of a column together. */
  private int filesOfColumns() {
    return (int)
        Stream.of(source.options(), sink.options())
            .filter(ConnectorOptions::filesHoldColumns)
            .count();
  }

  /** What its steps take of Arrow's memory in a TaskManager: a slot has one subtask of each. */
  public long stepBytes(int slots) {
    return MemoryNeed.stepBytes(steps, configuration, slots);
  }

  /**
   * What its engines and its models take of a process, beside heap and direct memory, about. Blocks
   * on the store.
   *
   * @throws io.tidemill.model.ModelException if the store does not answer
   */
  public long nativeBytes() {
    Map<String, Long> once = new HashMap<>();
    for (StoredModel model : storedModels()) {
      once.put(model.engine(), model.nativeBytes());
      once.computeIfAbsent(
          "%s on %s".formatted(model.version(), model.placement()), key -> model.fileBytes());
    }
    return once.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * What {@code taskmanager.memory.task.off-heap.size} should be, for Arrow's memory and for what
   * none of Flink's budgets has. Blocks on the store.
   *
   * @throws io.tidemill.model.ModelException if the store does not answer
   */
  public MemorySize offHeap(int slots) {
    long bytes = stepBytes(slots) + nativeBytes();
    return new MemorySize((bytes + OFF_HEAP_STEP - 1) / OFF_HEAP_STEP * OFF_HEAP_STEP);
  }

  /**
   * Looks whether all of it can run in this process.
   *
   * @throws InvalidPipelineException if its steps want more direct memory than there is
   */
  public void checkMemory() {
    MemoryNeed need = memory();
    if (!need.fits()) {
      throw InvalidPipelineException.at(locationOf("steps"), need.refusal());
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

  /**
   * Looks whether a cluster keeps where the job was.
   *
   * @param cluster what it is configured with
   * @param option of the command, which starts the job all the same
   * @throws InvalidPipelineException if it {@link #mayPublishTwice}
   */
  public void checkPublishesOnce(ReadableConfig cluster, String option) {
    if (mayPublishTwice(cluster)) {
      throw InvalidPipelineException.at(
          locationOf("sink"),
          "sink: exactly-once on a cluster without high availability, and no savepoint to begin with: if the JobManager dies, the job begins anew and all that it has published is published again (expected: high-availability.type: zookeeper or kubernetes and high-availability.storageDir in Flink's configuration; or a savepoint or retained checkpoint, the newest that there is, by 'flink run -s', --fromSavepoint of a standalone job or --set execution.state-recovery.path=…; or sink.delivery-guarantee: at-least-once at the sink and the dead-letter; or %s)"
              .formatted(option));
    }
  }

  /** What was planned, in words and numbers. */
  public PipelinePlan describe() {
    return describe(model -> Optional.empty());
  }

  /**
   * The same with GPUs.
   *
   * @param gpus what a driver says of the one that a model is to be on
   */
  public PipelinePlan describe(Function<StoredModel, Optional<Gpu>> gpus) {
    return new PlanDescription(definition, store, source, steps, sink, deadLetters, gpus)
        .describe(this);
  }

  /**
   * The GPUs that models are on in this process, in words, by their names; none on the CPU, where a
   * task chooses, and where no driver knows it.
   */
  public Map<String, String> gpus() {
    return gpus(StoredModel::gpu);
  }

  Map<String, String> gpus(Function<StoredModel, Optional<Gpu>> gpus) {
    Map<String, String> known = new TreeMap<>();
    storedModels().stream()
        .flatMap(model -> gpus.apply(model).stream())
        .filter(Gpu::isKnown)
        .forEach(gpu -> known.put(gpu.device().toString(), gpu.described()));
    return known;
  }
}
