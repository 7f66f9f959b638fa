package io.tidemill.pipelines;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.compose.JobDeadLetters;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.MisreadPipelineException;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.run.JobFolder;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.unit.Units;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * What {@code plan}, {@code run} and {@link ClusterJob} are told about a job.
 *
 * <p>For use by one thread.
 */
public final class JobOptions {
  /** The option that names a store. */
  public static final String STORE = "--store";

  /** The environment variable that holds the store where no option does. */
  public static final String STORE_VARIABLE = "TIDEMILL_STORE";

  /** The store where nothing is said. */
  public static final String STORE_DEFAULT = "./models";

  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
  private Path job = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "An option of Flink that wins over the job's own.")
  private Map<String, String> flinkOptions = new LinkedHashMap<>();

  @Option(
      names = STORE,
      paramLabel = "URI",
      description = {
        "The model store, whatever the job's own 'store:' says.",
        "Default: the job's, else $" + STORE_VARIABLE + ", else " + STORE_DEFAULT + "."
      })
  private @Nullable String store;

  private final Units units;

  /**
   * Options of a job.
   *
   * @param units opens one that is no file of YAML
   */
  public JobOptions(Units units) {
    this.units = units;
  }

  /** The store that is used where nothing is said. */
  public static String storeFallback(Map<String, String> environment) {
    String variable = environment.getOrDefault(STORE_VARIABLE, "");
    return variable.isEmpty() ? STORE_DEFAULT : variable;
  }

  /**
   * The job as it is written.
   *
   * @param date what its templates stand for; null to leave them as they are
   * @throws InvalidPipelineException with all that is wrong
   */
  public ParsedPipeline read(Map<String, String> environment, @Nullable LocalDate date) {
    Optional<PackedJob> unit = packed();
    if (unit.isPresent()) {
      return unit.get().read(environment, date);
    }
    try {
      return new PipelineReader(environment, date).read(job);
    } catch (MisreadPipelineException misread) {
      throw composer(environment, Map.of()).alsoPlanned(misread);
    }
  }

  /**
   * As {@link #read}, but of a unit without the store and the versions that came with it.
   *
   * @throws InvalidPipelineException with all that is wrong
   */
  public ParsedPipeline written(Map<String, String> environment) {
    Optional<PackedJob> unit = packed();
    return unit.isPresent() ? unit.get().written(environment, null) : read(environment, null);
  }

  /**
   * A job that runs for no date, planned with the versions that came in its unit, if it is one.
   *
   * @throws InvalidPipelineException with all that is wrong
   */
  public PlannedPipeline planUnpublished(Map<String, String> environment) {
    ParsedPipeline parsed = readUndated(environment);
    Optional<PackedJob> unit = packed();
    return unit.isPresent()
        ? planAsItCame(environment, unit.get(), parsed)
        : planUndated(environment, Map.of(), parsed);
  }

  /**
   * A job that runs for no date and on other machines, planned. They see a store and no unit, so
   * the versions of one are published in the store where they are not there yet.
   *
   * @throws InvalidPipelineException with all that is wrong
   */
  public PlannedPipeline planForCluster(Map<String, String> environment) {
    ParsedPipeline parsed = readUndated(environment);
    Optional<PackedJob> unit = packed();
    if (unit.isPresent()) {
      // What cannot run leaves no model anywhere.
      planAsItCame(environment, unit.get(), parsed);
      String uri = clusterStore(environment, unit.get());
      try {
        unit.get().publishModels(ModelStore.open(uri));
      } catch (IllegalArgumentException none) {
        throw InvalidPipelineException.at(Location.of(STORE), String.valueOf(none.getMessage()));
      }
      parsed = parsed.with(parsed.definition().withStore(uri));
    }
    return planUndated(environment, Map.of(), parsed);
  }

  private ParsedPipeline readUndated(Map<String, String> environment) {
    ParsedPipeline parsed = read(environment, null);
    if (parsed.forDates()) {
      throw undated(parsed);
    }
    return parsed;
  }

  /** Where the machines of a cluster find a unit's versions. */
  public String clusterStore(Map<String, String> environment, PackedJob unit) {
    return store()
        .or(() -> Optional.ofNullable(unit.written(environment, null).definition().store()))
        .orElseGet(() -> storeFallback(environment));
  }

  /** What is said of a job that needs a date where there is none. */
  public static InvalidPipelineException undated(ParsedPipeline parsed) {
    Location template = parsed.template();
    return InvalidPipelineException.at(
        template == null ? parsed.locationOf("errors") : template,
        "the job runs for a date, and none is given (expected: --date, as in --date 2026-11-21, or yesterday in the job's time zone; 'tidemill run' takes it, a cluster does not)");
  }

  /**
   * A job that was read, planned for the date in it or, as far as a date changes nothing, for none.
   *
   * @param overrides options of Flink that win over all others
   * @throws InvalidPipelineException with all that is wrong
   */
  public PlannedPipeline plan(
      Map<String, String> environment, Map<String, String> overrides, ParsedPipeline parsed) {
    return plan(composer(environment, overrides), parsed);
  }

  /**
   * The same of a job that runs for no date.
   *
   * @throws InvalidPipelineException with all that is wrong, also what is only for a date
   */
  public PlannedPipeline planUndated(
      Map<String, String> environment, Map<String, String> overrides, ParsedPipeline parsed) {
    return plan(composer(environment, overrides).undated(), parsed);
  }

  private PlannedPipeline plan(PipelineComposer composer, ParsedPipeline parsed) {
    PlannedPipeline planned = composer.plan(inStore(parsed), locations(parsed));
    packed().ifPresent(unit -> unit.check(planned, parsed::locationOf));
    return planned;
  }

  /**
   * Refuses a job whose files say which columns it has, before there is one.
   *
   * @throws InvalidPipelineException with all that is wrong whatever they will say
   */
  public void checkBeforeItsFiles(Map<String, String> environment, ParsedPipeline parsed) {
    composer(environment, Map.of()).checkBeforeItsFiles(inStore(parsed), locations(parsed));
  }

  /**
   * A job that came as one file and runs for no date, planned with the versions that came with it,
   * whatever store the options name.
   *
   * @throws InvalidPipelineException with all that is wrong
   */
  public PlannedPipeline planAsItCame(
      Map<String, String> environment, PackedJob unit, ParsedPipeline parsed) {
    PlannedPipeline planned =
        composer(environment, Map.of()).undated().plan(parsed.definition(), parsed::locationOf);
    unit.check(planned, parsed::locationOf);
    return planned;
  }

  private PipelineDefinition inStore(ParsedPipeline parsed) {
    return store == null ? parsed.definition() : parsed.definition().withStore(checked(store));
  }

  private Function<String, Location> locations(ParsedPipeline parsed) {
    return path ->
        store != null && path.equals("store") ? Location.of(STORE) : parsed.locationOf(path);
  }

  private PipelineComposer composer(
      Map<String, String> environment, Map<String, String> overrides) {
    Map<String, String> options = new LinkedHashMap<>(flinkOptions);
    options.putAll(overrides);
    return new PipelineComposer(storeFallback(environment), options);
  }

  /**
   * The job's dead letters, for which no store is asked.
   *
   * @throws InvalidPipelineException with all that is wrong
   */
  public JobDeadLetters deadLetters(Map<String, String> environment, ParsedPipeline parsed) {
    return composer(environment, Map.of()).deadLetters(parsed.definition(), parsed::locationOf);
  }

  /** The job, if it is no file of YAML. */
  public Optional<PackedJob> packed() {
    return units.open(job);
  }

  /** The store that the option names. */
  public Optional<String> store() {
    return Optional.ofNullable(store);
  }

  /** The job's file as the user wrote it. */
  public String file() {
    return job.toString();
  }

  /** Options of Flink that win over the job's own, by their keys, in the order of the words. */
  public Map<String, String> flinkOptions() {
    return Collections.unmodifiableMap(flinkOptions);
  }

  /** The words by which another command is told the same, secrets hidden. */
  public List<String> words() {
    List<String> words = new ArrayList<>(List.of(file()));
    flinkOptions.forEach(
        (key, value) ->
            words.addAll(List.of("--set", key + "=" + ConnectorOptions.shown(key, value))));
    if (store != null) {
      words.addAll(List.of(STORE, ConnectorOptions.withoutSecrets(store)));
    }
    return words;
  }

  /** What runs of the job leave to each other, beside its file. */
  public JobFolder folder(PlannedPipeline pipeline) {
    return JobFolder.of(job, pipeline.definition().name());
  }

  private static String checked(String uri) {
    try {
      return PipelineDefinition.checkStore(uri);
    } catch (IllegalArgumentException blank) {
      throw InvalidPipelineException.at(Location.of(STORE), String.valueOf(blank.getMessage()));
    }
  }
}
