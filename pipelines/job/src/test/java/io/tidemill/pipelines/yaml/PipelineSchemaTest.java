package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What editors are told of a job's file agrees with its reader. */
class PipelineSchemaTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final String VALID = PipelineProblemsTest.VALID;

  /** Mistakes that no schema can tell: limits of durations, twice the same, tags, variables. */
  private static final Set<String> BEYOND_SHAPE =
      Set.of(
          "max-delay: 2d",
          "max-size: !boom 1",
          "{ y: s, z: s }",
          "name: again",
          "flink: { a: '${NOT_SET}' }");

  private static List<Error> problems(String yaml) {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(schemaText())
        .validate(yaml, InputFormat.YAML);
  }

  private static String schemaText() {
    try {
      return new ObjectMapper().writeValueAsString(PipelineReader.schema());
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  @Test
  void isASchemaOfItsDraft() {
    assertThat(
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                .validate(schemaText(), InputFormat.JSON))
        .isEmpty();
  }

  /** Files outside of folders in which others, Git or another build, write and delete meanwhile. */
  private static List<Path> shownFiles() throws IOException {
    List<Path> shown = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return folder.getFileName().toString().matches("target|\\.[a-z]+")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().matches(".*/(job-configs|templates)/[^/]*\\.yaml|.*\\.md")) {
              shown.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return shown;
  }

  /** Every job that is shown or shipped; of a part of one, with what it lacks. */
  private static Stream<Named<String>> shown() throws IOException {
    List<Named<String>> jobs = new ArrayList<>();
    for (Path file : shownFiles()) {
      String text = Files.readString(file);
      if (file.toString().endsWith(".yaml")) {
        jobs.add(Named.of(file.toString(), text));
        continue;
      }
      var block = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(text);
      while (block.find()) {
        Map<String, Object> job = load(block.group(1));
        if (properties(PipelineReader.schema()).keySet().containsAll(job.keySet())) {
          load(PipelineReaderTest.SMALLEST).forEach(job::putIfAbsent);
          jobs.add(Named.of(file.toString(), dump(job)));
        }
      }
    }
    assertThat(jobs).hasSizeGreaterThan(3);
    return jobs.stream();
  }

  @ParameterizedTest
  @MethodSource("shown")
  void acceptsEveryJobOfTheDocumentation(String yaml) {
    assertThat(problems(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        PipelineReaderTest.SMALLEST,
        PipelineReaderTest.EVERY_KEY,
        PipelineProblemsTest.VALID,
        PipelineReaderTest.SMALLEST + "verify: { required: false }",
        PipelineReaderTest.SMALLEST + "verify: { required: true, keys: release.pem }"
      })
  void acceptsEveryKeyOfTheReader(String yaml) {
    assertThat(problems(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-size: '512'",
        "max-bytes: 1048576",
        "max-bytes: 1.5 GiB",
        "max-bytes: 4MB",
        "max-delay: 2 Hours",
        "max-delay: pt1s",
        "max-delay: ' 20 ms '",
        "max-delay: 7us",
        "max-size: '${SIZE}'",
        "max-size: '${SIZE:-256}'",
        "max-bytes: '${MB}mb'",
        "max-delay: '${DELAY:-20}ms'"
      })
  void acceptsEachFormOfAValue(String limit) {
    String yaml = VALID.replace("max-size: 256", limit);

    assertThat(readerProblems(yaml)).isEmpty();
    assertThat(problems(yaml)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          name: fraud | name: 2024
          id: score   | id: 5
          { y: s }    | { y: { field: 1, labels: ['', 2] } }
          x: [a]      | x: 1
          device: cpu | device: gpu:auto, parallelism: '2'
          """)
  void acceptsWhatTheReaderTakesAsText(String valid, String changed) {
    String yaml = VALID.replace(valid, changed);

    assertThat(yaml).isNotEqualTo(VALID);
    assertThat(readerProblems(yaml)).isEmpty();
    assertThat(problems(yaml)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"parquet", "avro", "orc", "'${FORMAT:-orc}'"})
  void acceptsFilesThatTellTheirColumns(String format) {
    String yaml =
        VALID
            .replace("mode: streaming", "mode: batch")
            .replaceFirst("connector: kafka", "connector: filesystem")
            .replace("columns: { a: DOUBLE }", "format: " + format);

    assertThat(readerProblems(yaml)).isEmpty();
    assertThat(problems(yaml)).isEmpty();
    assertThat(problems(yaml.replace("mode: batch", "mode: '${MODE}'"))).isEmpty();
    assertThat(problems(yaml.replace("mode: batch", "mode: streaming"))).isNotEmpty();
    assertThat(problems(yaml.replace("mode: batch", ""))).isNotEmpty();
    assertThat(problems(yaml.replace("filesystem", "kafka"))).isNotEmpty();
    assertThat(problems(yaml.replace(format, "csv"))).isNotEmpty();
  }

  @Test
  void acceptsAVariableInThePlaceOfEachValue() {
    for (String yaml : List.of(PipelineReaderTest.EVERY_KEY, VALID)) {
      assertThat(problems(dump(withVariables(load(yaml))))).isEmpty();
    }
  }

  private static Object withVariables(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> changed = new LinkedHashMap<>();
      map.forEach((key, inner) -> changed.put(key, withVariables(inner)));
      return changed;
    }
    return value instanceof List<?> list
        ? list.stream().map(PipelineSchemaTest::withVariables).toList()
        : "${SOMETHING}";
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = PipelineProblemsTest.MISTAKES)
  void refusesWhatTheReaderRefusesByItsShape(String valid, String changed) {
    assumeThat(changed.strip()).as("a key that JSON does not have").isNotEqualTo("[a]: b");

    List<Error> problems = problems(VALID.replace(valid.strip(), changed.strip()));

    assertThat(problems.isEmpty())
        .as("%s", problems)
        .isEqualTo(BEYOND_SHAPE.contains(changed.strip()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "- a",
        PipelineReaderTest.SMALLEST + "verify: { required: true }",
        PipelineReaderTest.SMALLEST + "verify: { required: 'true' }",
        PipelineReaderTest.SMALLEST + "verify: { keys: [a.pem] }",
        PipelineReaderTest.SMALLEST + "dead-letter: { topic: a }",
        PipelineReaderTest.SMALLEST + "dead-letter:",
      })
  void refusesOtherMistakesOfShape(String yaml) {
    assertThat(readerProblems(yaml)).isNotEmpty();
    assertThat(problems(yaml)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"source", "sink-fields", "dead-letter", "x-dead-letters", "-a", "a b"})
  void refusesIdsThatAreTakenOrNoNames(String id) {
    assertThat(problems(VALID.replace("id: score", "id: " + id))).isNotEmpty();
  }

  /** One for each key of a job, by its path: {@code steps.batching.max-size}. */
  private static Stream<String> keys() {
    return paths("", PipelineReader.schema()).stream();
  }

  private static List<String> paths(String parent, Map<?, ?> schema) {
    List<String> paths = new ArrayList<>();
    properties(schema)
        .forEach(
            (key, value) -> {
              paths.add(parent + key);
              paths.addAll(paths(parent + key + ".", value));
            });
    if (schema.get("items") instanceof Map<?, ?> item) {
      paths.addAll(paths(parent, item));
    }
    // The tensors of a step, which have names of their own.
    if (schema.get("additionalProperties") instanceof Map<?, ?> others
        && others.get("anyOf") instanceof List<?> forms
        && forms.get(1) instanceof Map<?, ?> mapping) {
      paths.addAll(paths(parent + "y.", mapping));
    }
    return paths;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Map<?, ?>> properties(Map<?, ?> schema) {
    Object properties = schema.get("properties");
    return properties == null ? Map.of() : (Map<String, Map<?, ?>>) properties;
  }

  @ParameterizedTest
  @MethodSource("keys")
  void hasOnlyKeysThatTheReaderReads(String path) {
    Map<String, Object> job = load(VALID);
    put(job, List.of(path.split("\\.")), List.of(List.of("no such value")));

    // Of the list of steps, a message names the step.
    String key = path.substring(path.lastIndexOf('.') + 1).replaceFirst("s$", "");
    assertThat(readerProblems(dump(job)))
        .anyMatch(problem -> problem.contains(key))
        .noneMatch(problem -> problem.contains("unknown key"));
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<String, Object> mapping, List<String> path, Object value) {
    String key = path.get(0);
    if (path.size() == 1) {
      mapping.put(key, value);
      return;
    }
    Object inner = mapping.get(key);
    if (inner instanceof List<?> list) {
      inner = list.get(0);
    } else if (!(inner instanceof Map)) {
      inner = new LinkedHashMap<>();
      mapping.put(key, inner);
    }
    put((Map<String, Object>) inner, path.subList(1, path.size()), value);
  }

  @ParameterizedTest
  @CsvSource({
    "the job, ''",
    "step 'score', steps.",
    "batching of step 'score', steps.batching.",
    "resources of step 'score', steps.resources.",
    "output 'y' of step 'score', steps.output.y.",
    "verify, verify."
  })
  void hasEveryKeyThatTheReaderReads(String section, String parent) {
    Map<String, Object> job = load(VALID);
    put(job, List.of((parent + "zzz").split("\\.")), "a");

    String allowed =
        keys()
            .filter(path -> path.matches(Pattern.quote(parent) + "[^.]+"))
            .map(path -> path.substring(parent.length()))
            .reduce((some, more) -> some + ", " + more)
            .orElseThrow();
    assertThat(readerProblems(dump(job)))
        .anyMatch(
            problem ->
                problem.contains(
                    "unknown key 'zzz' in " + section + " (allowed: " + allowed + ")"));
  }

  @Test
  void describesEveryKey() {
    assertThat(described(PipelineReader.schema())).isTrue();
  }

  private static boolean described(Map<?, ?> schema) {
    return properties(schema).values().stream()
        .allMatch(value -> value.containsKey("description") && described(value));
  }

  @Test
  void hasTheKeysOfTheTablesInTheReadme() throws IOException {
    Set<String> shown = new TreeSet<>();
    Files.readAllLines(Path.of("README.md")).stream()
        .dropWhile(line -> !line.equals("## A job's keys"))
        .map(Pattern.compile("\\| `([a-z-]+)` \\|.*")::matcher)
        .filter(row -> row.matches())
        .forEach(row -> shown.add(row.group(1)));

    Set<String> top = new TreeSet<>();
    keys()
        .filter(path -> path.matches("(steps\\.)?[^.]+"))
        .forEach(path -> top.add(path.substring(path.lastIndexOf('.') + 1)));
    assertThat(shown).isEqualTo(top);
  }

  private static List<String> readerProblems(String yaml) {
    Map<String, String> variables = Map.of("SIZE", "1", "MB", "1");
    try {
      new PipelineReader(variables).read("job.yaml", Path.of("/none"), Path.of("/none"), yaml);
      return List.of();
    } catch (InvalidPipelineException invalid) {
      return invalid.problems().stream().map(Problem::toString).toList();
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> load(String yaml) {
    return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(yaml);
  }

  private static String dump(Object job) {
    return new Dump(DumpSettings.builder().build()).dumpToString(job);
  }
}
