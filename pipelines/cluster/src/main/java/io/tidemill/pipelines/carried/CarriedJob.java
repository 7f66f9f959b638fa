package io.tidemill.pipelines.carried;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.flink.configuration.CoreOptions;

/**
 * What a job has with it while it runs: all that it takes to plan it once more, as it was, on any
 * machine that has its variables. It travels as Flink's global job parameters, which the web UI
 * shows. Immutable.
 *
 * @param texts its files, by their paths in its folder, that of the job first
 * @param folder what other paths in it are relative to
 * @param models the version that each step is pinned to, by the step
 * @param parallelism of steps that were rescaled, by the step
 * @param flinkOptions those that win over the job's own
 */
public record CarriedJob(
    Map<String, String> texts,
    String folder,
    String store,
    Map<String, String> models,
    Map<String, Integer> parallelism,
    Map<String, String> flinkOptions) {
  private static final String PREFIX = "tidemill.";
  private static final String FOLDER = PREFIX + "folder";
  private static final String STORE = PREFIX + "store";
  private static final String FILE = PREFIX + "file.";
  private static final String MODEL = PREFIX + "model.";
  private static final String PARALLELISM = PREFIX + "parallelism.";
  private static final String SET = PREFIX + "set.";

  public CarriedJob {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    parallelism = Map.copyOf(parallelism);
    flinkOptions = Collections.unmodifiableMap(new TreeMap<>(flinkOptions));
  }

  /**
   * That of a planned job. Reads its files.
   *
   * @param flinkOptions those that the command was given
   * @throws InvalidPipelineException if a file is out of reach, or a secret is written out where
   *     the web UI would show it
   */
  public static CarriedJob of(
      Path file,
      ParsedPipeline written,
      PlannedPipeline planned,
      Map<String, String> flinkOptions,
      Map<String, String> environment) {
    JobFiles files = JobFiles.of(file, written, environment);
    Problems<Location> problems = new Problems<>();
    WrittenSecrets secrets = new WrittenSecrets(written, "in the environment");
    files.connectors().forEach((part, its) -> secrets.check(problems, part, its.options()));
    secrets.check(problems, "flink", files.moved().flinkOptions());
    secrets.checkStore(problems, files.moved().store());
    String store = planned.describe().store();
    if (problems.all().isEmpty() && !ConnectorOptions.withoutSecrets(store).equals(store)) {
      problems.add(
          written.locationOf("store"),
          "store: a secret in its URI, which anyone would read in Flink's web UI (expected: credentials in the environment or the configuration of Flink)");
    }
    secrets.checkComments(problems, files.texts());
    flinkOptions.forEach(
        (key, value) -> {
          if (WrittenSecrets.isSecret(key, value)) {
            problems.add(
                Location.of("--set"),
                "%s: a secret, which anyone would read in Flink's web UI (expected: ${NAME} in the job's 'flink:')",
                key);
          }
        });
    if (!problems.all().isEmpty()) {
      throw new InvalidPipelineException(problems.all());
    }
    Map<String, String> models = new LinkedHashMap<>();
    List<StepDefinition> steps = planned.definition().steps();
    for (int i = 0; i < steps.size(); i++) {
      models.put(steps.get(i).id(), planned.models().get(i).toString());
    }
    return new CarriedJob(
        files.texts(),
        String.valueOf(file.toAbsolutePath().normalize().getParent()),
        planned.describe().store(),
        models,
        Map.of(),
        flinkOptions);
  }

  /** The same, whose other paths are relative to another folder. */
  public CarriedJob in(Path other) {
    return new CarriedJob(
        texts,
        other.toAbsolutePath().normalize().toString(),
        store,
        models,
        parallelism,
        flinkOptions);
  }

  /** The same with so many subtasks of everything in it. */
  public CarriedJob rescaled(int subtasks) {
    Map<String, String> options = new LinkedHashMap<>(flinkOptions);
    options.put(CoreOptions.DEFAULT_PARALLELISM.key(), String.valueOf(subtasks));
    Map<String, Integer> steps = new LinkedHashMap<>();
    models.keySet().forEach(step -> steps.put(step, subtasks));
    return new CarriedJob(texts, folder, store, models, steps, options);
  }

  /** As global job parameters. Their names hide no value, as those of secrets would. */
  public Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put(FOLDER, folder);
    parameters.put(STORE, store);
    number(parameters, FILE, texts, "\n");
    number(parameters, MODEL, models, " ");
    number(parameters, PARALLELISM, parallelism, " ");
    number(parameters, SET, flinkOptions, "=");
    return parameters;
  }

  private static void number(
      Map<String, String> parameters, String prefix, Map<String, ?> map, String between) {
    map.forEach(
        (key, value) ->
            parameters.put(prefix + count(parameters.keySet(), prefix), key + between + value));
  }

  private static long count(Collection<String> keys, String prefix) {
    return keys.stream().filter(key -> key.startsWith(prefix)).count();
  }

  /** What a job that runs has with it; empty if it was not started by {@code submit}. */
  public static Optional<CarriedJob> of(Map<String, String> parameters) {
    Map<String, Integer> parallelism = new LinkedHashMap<>();
    numbered(parameters, PARALLELISM, " ")
        .forEach((step, subtasks) -> parallelism.put(step, Integer.valueOf(subtasks)));
    String folder = parameters.get(FOLDER);
    String store = parameters.get(STORE);
    Map<String, String> texts = numbered(parameters, FILE, "\n");
    if (folder == null || store == null || texts.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new CarriedJob(
            texts,
            folder,
            store,
            numbered(parameters, MODEL, " "),
            parallelism,
            numbered(parameters, SET, "=")));
  }

  private static Map<String, String> numbered(
      Map<String, String> parameters, String prefix, String between) {
    Map<String, String> map = new LinkedHashMap<>();
    IntStream.range(0, parameters.size())
        .mapToObj(i -> parameters.get(prefix + i))
        .flatMap(Stream::ofNullable)
        .map(text -> text.split(between, 2))
        .filter(parts -> parts.length == 2)
        .forEach(parts -> map.put(parts[0], parts[1]));
    return map;
  }

  /**
   * Plans it once more, with the versions that it is pinned to. Blocks on the store.
   *
   * @throws InvalidPipelineException if it cannot be planned here, as a variable is missing
   */
  public PlannedPipeline plan(Map<String, String> environment) {
    try {
      Path copies = Files.createTempDirectory("tidemill-job");
      try {
        for (Map.Entry<String, String> text : texts.entrySet()) {
          Path copy = copies.resolve(text.getKey()).normalize();
          if (!copy.startsWith(copies)) {
            throw new IOException(text.getKey() + ": outside of the job's folder");
          }
          FileUtils.createParentDirectories(copy.toFile());
          Files.writeString(copy, text.getValue());
        }
        ParsedPipeline parsed =
            new PipelineReader(environment)
                .read(
                    PackedJob.YAML,
                    Path.of(folder),
                    copies,
                    texts.getOrDefault(PackedJob.YAML, ""));
        PipelineDefinition pinned =
            parsed
                .definition()
                .withStore(store)
                .withSteps(parsed.definition().steps().stream().map(this::asItWas).toList());
        return new PipelineComposer(store, flinkOptions).plan(pinned, parsed::locationOf);
      } finally {
        FileUtils.deleteDirectory(copies.toFile());
      }
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private StepDefinition asItWas(StepDefinition step) {
    StepDefinition pinned = step.withModel(models.getOrDefault(step.id(), step.model()));
    Integer subtasks = parallelism.get(step.id());
    return subtasks == null
        ? pinned
        : pinned.withResources(pinned.resources().withParallelism(subtasks));
  }
}
