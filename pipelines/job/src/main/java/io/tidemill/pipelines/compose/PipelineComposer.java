package io.tidemill.pipelines.compose;

import io.tidemill.connectors.kafka.KafkaConnector;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.TableKeys;
import io.tidemill.connectors.options.TablePartition;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.connectors.record.KeptDeadLetters;
import io.tidemill.connectors.record.Origin;
import io.tidemill.connectors.record.RecordSchema;
import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.MisreadPipelineException;
import io.tidemill.pipelines.definition.PipelineDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.table.types.logical.RowType;

/**
 * Turns definitions into pipelines that are ready to run: models pinned to versions, fields bound
 * to tensors, options checked.
 *
 * <p>Immutable and thread-safe.
 */
public final class PipelineComposer {
  private static final String OF_ONE_START =
      ": in the job itself, so that each start would go back to one state and double what came after it (expected: --from-savepoint PATH for one start, or --set of this key; on a cluster also 'flink run -s', or --fromSavepoint of a standalone job)";

  private final String fallbackStore;
  private final Map<String, String> flinkOverrides;
  private final boolean dated;

  /**
   * A composer.
   *
   * @param fallbackStore the store of jobs that name none
   * @param flinkOverrides Flink's options that win over a job's own
   */
  public PipelineComposer(String fallbackStore, Map<String, String> flinkOverrides) {
    this(PipelineDefinition.checkStore(fallbackStore), Map.copyOf(flinkOverrides), true);
  }

  private PipelineComposer(
      String fallbackStore, Map<String, String> flinkOverrides, boolean dated) {
    this.fallbackStore = fallbackStore;
    this.flinkOverrides = flinkOverrides;
    this.dated = dated;
  }

  /** One of jobs that run for no date: it refuses what only a run for a date can do, too. */
  public PipelineComposer undated() {
    return new PipelineComposer(fallbackStore, flinkOverrides, false);
  }

  /**
   * Plans a job. Blocks on the model store; asks no broker.
   *
   * @param locations where each part of the definition was written, by its path
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with every problem that there
   *     is, if the author must act
   * @throws ModelProblemsException with every problem that there is, if only models cannot be had
   */
  public PlannedPipeline plan(PipelineDefinition job, Function<String, Location> locations) {
    return planned(job, locations, true).orElseThrow();
  }

  /**
   * Refuses a job for all that is wrong whatever columns the files of its source will have, before
   * there is one. Blocks on the model store; asks no broker.
   *
   * @param locations where each part of the definition was written, by its path
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException as {@link #plan}
   * @throws ModelProblemsException as {@link #plan}
   */
  public void checkBeforeItsFiles(PipelineDefinition job, Function<String, Location> locations) {
    planned(job, locations, false);
  }

  private Optional<PlannedPipeline> planned(
      PipelineDefinition job, Function<String, Location> locations, boolean filesAreThere) {
    PlanProblems problems = new PlanProblems(locations);
    String store = Optional.ofNullable(job.store()).orElse(fallbackStore);
    FlinkSettings flink = flinkSettings(job, problems);
    SourceTranslator source =
        new SourceTranslator(job, flink.checkpoints(), filesAreThere, problems);
    StepTranslator translator = new StepTranslator(job, store, problems);
    List<Optional<StoredModel>> models = translator.models();
    var deadLetters = new DeadLetterTranslator(job, flink.checkpoints(), problems);
    List<PlannedStep> steps = translator.bind(source.rows(), models);
    boolean bound = steps.size() == job.steps().size();
    Optional<SinkTranslator> sink = Optional.empty();
    if (source.schema().isPresent() && (bound || job.sink().schema() == null)) {
      // The sink's options are wrong or right whatever the missing parts would have added.
      RecordSchema columns = source.schema().get();
      RowType rows =
          bound && !steps.isEmpty()
              ? steps.get(steps.size() - 1).binding().outputType()
              : Origin.appendTo(columns.rowType());
      sink =
          Optional.of(
              new SinkTranslator(
                  job, columns, rows, steps, deadLetters.sink(), flink.checkpoints(), problems));
    } else {
      problems.check(
          new ConnectorOptions(SinkTranslator.ID, job.sink().options()), source.options());
    }
    if (!dated) {
      checkPlaceOfSink(job, problems);
    }
    problems.throwIfAny();
    return sink.map(
        known ->
            new PlannedPipeline(
                job,
                locations,
                store,
                flink.configuration(),
                source,
                steps,
                known,
                deadLetters,
                false));
  }

  /**
   * A partition of a table is replaced for a date alone; and below a folder of the form NAME=VALUE
   * Flink makes that partition once more, at the end of a batch job.
   */
  private static void checkPlaceOfSink(PipelineDefinition job, PlanProblems problems) {
    ConnectorDefinition sink = job.sink();
    String partition = sink.options().get(TablePartition.OPTION);
    if (partition != null) {
      problems.add(
          "sink." + TablePartition.OPTION,
          "sink: partition '%s' (expected: --date, as a run for a date replaces the partition; otherwise partitioned-by and overwrite: true)",
          partition);
    }
    new ConnectorOptions(SinkTranslator.ID, sink.options())
        .folder()
        .filter(path -> job.mode() == ExecutionMode.BATCH && !sink.partitionedBy().isEmpty())
        .flatMap(PipelineComposer::partition)
        .ifPresent(
            above ->
                problems.add(
                    "sink." + TableKeys.PARTITIONED_BY,
                    "sink: partitioned-by below '%s' of its path (expected: no folder of the form NAME=VALUE there, which Flink takes for a partition, too, and makes again below it; name it without '=')",
                    above));
  }

  private static Optional<String> partition(String path) {
    try {
      return Folder.of(path).partition();
    } catch (IllegalArgumentException noPath) {
      // As the connector says.
      return Optional.empty();
    }
  }

  /**
   * Refuses options of Flink that Flink has not, or not with such a value. Asks nobody.
   *
   * @param locations where each part of the definition was written, by its path
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with each of them
   */
  public void checkFlinkOptions(PipelineDefinition job, Function<String, Location> locations) {
    PlanProblems problems = new PlanProblems(locations);
    FlinkSettings unused = flinkSettings(job, problems);
    problems.throwIfAny();
  }

  /**
   * The dead letters of a job. Asks neither a model store nor a broker.
   *
   * @param locations where each part of the definition was written, by its path
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with every problem of the
   *     source and of the dead-letter sink, or if there is no such sink
   */
  public JobDeadLetters deadLetters(PipelineDefinition job, Function<String, Location> locations) {
    PlanProblems problems = new PlanProblems(locations);
    CheckpointPlan checkpoints = flinkSettings(job, problems).checkpoints();
    // A source whose files tell their columns keeps no bytes, and the files may be gone by now.
    Optional<SourceTranslator> source =
        job.source().schema() == null && job.mode() == ExecutionMode.BATCH
            ? Optional.empty()
            : Optional.of(new SourceTranslator(job, checkpoints, true, problems));
    Optional<KeptDeadLetters> kept =
        new DeadLetterTranslator(job, checkpoints, problems).kept(problems);
    if (job.deadLetter() == null) {
      problems.add(
          "",
          "%s: missing (expected: a dead-letter sink, for there to be dead letters)",
          DeadLetterTranslator.ID);
    }
    problems.throwIfAny();
    return new JobDeadLetters(
        job.name(), source.flatMap(SourceTranslator::source), kept.orElseThrow());
  }

  /**
   * All that is wrong with a job of which some parts could not be read. Asks neither a model store
   * nor a broker.
   */
  public InvalidPipelineException alsoPlanned(MisreadPipelineException misread) {
    MisreadPipelineException.Parts parts = misread.parts();
    PlanProblems problems = new PlanProblems(misread.locations());
    known(parts.flinkOptions(), problems);
    ConnectorDefinition source = parts.source();
    // Sinks take their connection from the source, which is not missing where it was not read.
    ConnectorOptions sourceOptions = KafkaConnector.ANY_BROKER;
    if (source != null) {
      sourceOptions = new ConnectorOptions(SourceTranslator.ID, source.options()).ofOneFolder();
      problems.check(sourceOptions, null);
      if (source.schema() != null) {
        new SchemaReading(SourceTranslator.ID, source.schema()).read(problems);
      }
    }
    ConnectorOptions sinkOptions = new ConnectorOptions(SinkTranslator.ID, Map.of());
    ConnectorDefinition sink = parts.sink();
    if (sink != null) {
      sinkOptions = new ConnectorOptions(SinkTranslator.ID, sink.options());
      problems.check(sinkOptions, sourceOptions);
      if (sink.schema() != null) {
        new SchemaReading(SinkTranslator.ID, sink.schema()).read(problems);
      }
    }
    ConnectorDefinition deadLetter = parts.deadLetter();
    if (deadLetter != null) {
      DeadLetterTranslator.check(deadLetter, sourceOptions, sinkOptions, problems);
    }
    List<Problem<Location>> all = new ArrayList<>(misread.problems());
    all.addAll(problems.all());
    return new InvalidPipelineException(all);
  }

  private FlinkSettings flinkSettings(PipelineDefinition job, PlanProblems problems) {
    Map<String, String> options = known(job.flinkOptions(), problems);
    return problems
        .collect("flink", () -> FlinkSettings.of(job, options))
        .orElseGet(
            () -> new FlinkSettings(Configuration.fromMap(FlinkSettings.ASSUMED), job.mode()));
  }

  /** A job's options of Flink and those that win over them, as far as Flink has them. */
  private Map<String, String> known(Map<String, String> written, PlanProblems problems) {
    Map<String, String> given = new TreeMap<>(written);
    given.putAll(flinkOverrides);
    FlinkOptions known = FlinkOptions.onClassPath();
    Map<String, String> options = new HashMap<>();
    given.forEach(
        (key, value) -> {
          Optional<String> wrong =
              written.containsKey(key) && known.has(key, StateRecoveryOptions.SAVEPOINT_PATH)
                  ? Optional.of(key + OF_ONE_START)
                  : known.problemWith(key, value);
          if (wrong.isPresent()) {
            problems.add("flink." + key, "%s", wrong.get());
            // What depends on it is not wrong as well.
            options.putAll(FlinkSettings.ASSUMED);
          } else {
            options.put(key, value);
          }
        });
    return options;
  }
}
