package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PipelineProblemsTest {
  static final String VALID =
      """
      name: fraud
      mode: streaming
      source:
        connector: kafka
        columns: { a: DOUBLE }
      steps:
        - id: score
          model: fraud:1.0.0
          input: { x: [a] }
          output: { y: s }
          batching: { max-size: 256 }
          resources: { device: cpu }
      sink:
        connector: kafka
      """;

  /** One change of a valid file in each line, and the one problem that it makes. */
  static final String MISTAKES =
      """
      max-size: 256     | max-sise: 256     | 11:17: unknown key 'max-sise' in batching of step 'score' (did you mean 'max-size'? allowed: max-size, max-bytes, max-delay, max-in-flight)
      max-size: 256     | max-size: 0       | 11:27: batching of step 'score': max-size: 0 (expected: 1 to 1048576)
      max-size: 256     | max-size: 2000000 | 11:27: batching of step 'score': max-size: 2000000 (expected: 1 to 1048576)
      max-size: 256     | max-delay: 2d     | 11:28: batching of step 'score': max-delay: PT48H (expected: 0s to 1 day)
      max-size: 256     | max-in-flight: 2000 | 11:32: batching of step 'score': max-in-flight: 2000 (expected: 1 to 1024)
      model: fraud:1.0.0 | load-timeout: 0s | 8:19: step 'score': load-timeout: PT0S (expected: 1ms to 365 days)
      model: fraud:1.0.0 | call-timeout: 500us | 8:19: step 'score': call-timeout: PT0.0005S (expected: 1ms to 365 days)
      model: fraud:1.0.0 | short-call: 2s | 8:17: step 'score': short-call: PT2S (expected: 0s to 1s)
      model: fraud:1.0.0 | dead-batches: -1 | 8:19: step 'score': dead-batches: -1 (expected: >= 1, or 0 for any number)
      max-size: 256     | max-size: many    | 11:27: batching of step 'score': max-size: 'many' (expected: a whole number)
      max-size: 256     | max-size: 1.5     | 11:27: batching of step 'score': max-size: '1.5' (expected: a whole number)
      max-size: 256     | max-size: [1]     | 11:27: batching of step 'score': max-size: a list (expected: one value)
      max-size: 256     | max-size: !!int 1.5 | 11:27: batching of step 'score': max-size: '1.5' (expected: a whole number)
      max-size: 256     | max-size: !boom 1 | 11:27: batching of step 'score': max-size: tag '!boom' (expected: no tag)
      max-size: 256     | max-bytes: big    | 11:28: batching of step 'score': max-bytes: size: 'big' (expected: as in 10GiB, 512MB or 1048576)
      max-size: 256     | max-bytes: 0      | 11:28: batching of step 'score': max-bytes: 0 (expected: >= 1)
      max-size: 256     | max-delay: 20     | 11:28: batching of step 'score': max-delay: '20' (expected: a duration as in 20ms, 10s, 1min or PT1S)
      max-size: 256     | max-in-flight: -1 | 11:32: batching of step 'score': max-in-flight: -1 (expected: 1 to 1024)
      { max-size: 256 } | 256               | 11:15: batching of step 'score': '256' (expected: keys and values)
      device: cpu       | device: tpu       | 12:26: resources of step 'score': device: 'tpu' (expected: cpu, gpu, gpu:N or gpu:auto)
      device: cpu       | device:           | 12:25: resources of step 'score': device: nothing (expected: a value)
      device: cpu       | device: null      | 12:26: resources of step 'score': device: nothing (expected: a value; where the word is meant, in quotes: 'null')
      device: cpu       | parallelism: 2    | 12:16: missing key 'device' in resources of step 'score' (expected: cpu, gpu, gpu:N or gpu:auto)
      device: cpu       | device: cpu, parallelism: 0 | 12:44: resources of step 'score': parallelism: 0 (expected: 1 to 32768)
      device: cpu       | device: cpu, threads: 0 | 12:40: resources of step 'score': threads: 0 (expected: 1 to 1024)
      device: cpu       | device: cpu, threads: 1025 | 12:40: resources of step 'score': threads: 1025 (expected: 1 to 1024)
      device: cpu       | device: cpu, threads: all | 12:40: resources of step 'score': threads: 'all' (expected: a whole number)
      device: cpu       | device: cpu, thread: 2 | 12:31: unknown key 'thread' in resources of step 'score' (did you mean 'threads'? allowed: device, parallelism, threads)
      model: fraud:1.0.0 | order: orderd    | 7:5: missing key 'model' in step 'score' (expected: name:version as in fraud:1.4.2, or name@alias as in fraud@production)
      model: fraud:1.0.0 | model: ''        | 8:12: step 'score': model: '' (expected: name:version as in fraud:1.4.2, or name@alias as in fraud@production)
      id: score         | id: my step       | 7:9: step 'my step': id: 'my step' (expected: 1 to 128 letters, digits, '.', '_', '-', beginning and ending with a letter or digit)
      x: [a]            | x: []             | 9:17: input of step 'score': x: an empty list (expected: >= 1 value)
      x: [a]            | x: { a: b }       | 9:17: input of step 'score': x: keys and values (expected: one value)
      { x: [a] }        | {}                | 9:12: step 'score': input: none (expected: >= 1 tensor)
      { y: s }          | { y: { name: s, field: s } } | 10:20: unknown key 'name' in output 'y' of step 'score' (allowed: field, labels)
      { y: s }          | { y: { labels: [a] } } | 10:18: missing key 'field' in output 'y' of step 'score' (expected: the field's name)
      { y: s }          | { y: s, z: s }    | 10:13: step 'score': output: field 's' twice (expected: once)
      mode: streaming   | mode: stream      | 2:7: the job: mode: 'stream' (allowed: streaming, batch)
      mode: streaming   | mode: steaming    | 2:7: the job: mode: 'steaming' (did you mean 'streaming'? allowed: streaming, batch)
      mode: streaming   | development: maybe | 2:14: the job: development: 'maybe' (expected: true or false)
      mode: streaming   | store: ''         | 2:8: the job: store: '' (expected: not blank)
      mode: streaming   | name: again       | 2:1: duplicate key 'name' in the job (first at fraud.yaml:1:1)
      mode: streaming   | [a]: b            | 2:1: the job: a key that is not text (expected: text)
      mode: streaming   | flink: { a: [b] } | 2:13: flink: a: a list (expected: one value)
      mode: streaming   | flink: { a: '${NOT_SET}' } | 2:13: flink: a: environment variable 'NOT_SET' is not set; set it, or give a default as in ${NOT_SET:-value}
      mode: streaming   | dead-letter: { connector: kafka, schema: x } | 2:34: unknown key 'schema' in dead-letter (dead letters have columns of their own)
      mode: streaming   | dead-letter: { connector: kafka, overwrite: true } | 2:34: unknown key 'overwrite' in dead-letter (dead letters have columns of their own)
      columns: { a: DOUBLE } | 'columns: { a: DOUBLE }\n  overwrite: true' | 6:3: unknown key 'overwrite' in source (only a sink replaces rows)
      mode: streaming   | dead-letter: { connector: kafka, on-corrupt-file: fail } | 2:34: unknown key 'on-corrupt-file' in dead-letter (only a source reads files)
      columns: { a: DOUBLE } | 'columns: { a: DOUBLE }\n  on-corrupt-file: skip' | 6:20: source: on-corrupt-file: 'skip' (allowed: fail, dead-letter)
      columns: { a: DOUBLE } | 'columns: { a: DOUBLE }\n  whole-files: maybe' | 6:16: source: whole-files: 'maybe' (expected: true or false)
      name: fraud       | name: 'a b'       | 1:7: the job: name: 'a b' (expected: 1 to 128 letters, digits, '.', '_', '-', beginning and ending with a letter or digit)
      connector: kafka | connector: ''          | 4:14: source: connector: '' (expected: not blank)
      columns: { a: DOUBLE } | topic: t     | 4:3: missing key 'schema' in source (expected: a schema file, or 'columns' with names and types)
      columns: { a: DOUBLE } | columns: {}  | 5:12: source: columns: none (expected: >= 1)
      columns: { a: DOUBLE } | columns: { a: [b] } | 5:17: columns of source: a: a list (expected: one value)
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = MISTAKES)
  void reportsTheProblemOfOneChange(String valid, String changed, String problem) {
    List<String> problems = problemsOf(VALID.replace(valid.strip(), changed.strip()));

    assertThat(problems).contains("fraud.yaml:" + problem);
    assertThat(problems).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void refusesInAStreamingJobWhatARunForADateHas() {
    String yaml = VALID + "  topic: 't{{ ds }}'\ntime-zone: UTC\nerrors: { max-rate: 1% }\n";

    assertThat(problemsOf(yaml))
        .containsExactly(
            "fraud.yaml:15:10: sink: topic: 't{{ ds }}': a template of dates (expected: none here,"
                + " but in options of source, sink and dead-letter of a job in mode batch)",
            "fraud.yaml:16:12: the job: time-zone: given in mode streaming (expected: mode: batch)",
            "fraud.yaml:17:9: the job: errors: given in mode streaming (expected: mode: batch)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{{ yesterday }}", "{{ ds ", "{{ ds * 2 }}", "{{}}", "{{ds-1-1}}"})
  void refusesTemplatesThatThereAreNot(String template) {
    String yaml = batch("  topic: 'a-" + template + "'\n");

    assertThat(problemsOf(yaml))
        .containsExactly(
            "fraud.yaml:15:10: sink: topic: '"
                + template
                + "' (expected: {{ ds }} or {{ ds_nodash }}, or with days added or taken as in"
                + " {{ ds - 1 }})");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          store: 'a/{{ ds }}' | 8: the job: store: 'a/{{ ds }}': a template of dates (expected: none here, but in options of source, sink and dead-letter of a job in mode batch)
          time-zone: Europe/Berlim   | 12: the job: time-zone: 'Europe/Berlim' (did you mean 'Europe/Berlin'? expected: a name such as Europe/Berlin or UTC)
          errors: { max-rate: 101% } | 21: errors: max-rate: '101%' (expected: 0% to 100%, or 0 to 1)
          errors: { max-rate: 1 % of all } | 21: errors: max-rate: '1 % of all' (expected: 0% to 100%, or 0 to 1)
          gates: { on-fail: hold } | 8: the job: gates: neither min-rows nor max-null-rate nor psi nor quantiles (expected: >= 1)
          gates: { psi: 0 } | 15: gates: psi: '0' (expected: > 0, as in 0.2)
          gates: { psi: 0.2, on-fail: stop } | 29: gates: on-fail: 'stop' (allowed: hold, fail)
          gates: { max-null-rate: 2 } | 25: gates: max-null-rate: '2' (expected: 0% to 100%, or 0 to 1)
          errors: { min-records: 5 } | 9: the job: errors: neither max-rate nor max-count (expected: >= 1)
          """)
  void refusesWhatARunForADateCannotHave(String key, String problem) {
    assertThat(problemsOf(batch(key))).containsExactly("fraud.yaml:15:" + problem);
  }

  private static String batch(String end) {
    return VALID.replace("mode: streaming", "mode: batch") + end;
  }

  @ParameterizedTest
  @CsvSource({"batch, csv", "batch, json", "streaming, parquet"})
  void saysWhichFilesTellTheirColumns(String mode, String format) {
    String yaml =
        VALID
            .replace("mode: streaming", "mode: " + mode)
            .replaceFirst("connector: kafka", "connector: filesystem")
            .replace("columns: { a: DOUBLE }", "format: " + format);

    assertThat(problemsOf(yaml))
        .containsExactly(
            "fraud.yaml:4:3: missing key 'schema' in source (expected: a schema file, or 'columns' with names and types; in mode batch files of parquet, avro, orc tell their own, and no others)");
  }

  @Test
  void reportsAllProblemsInTheOrderOfTheFile() {
    String yaml =
        VALID
            .replace("mode: streaming", "mod: streaming")
            .replace("id: score", "id: score\n    on-nan: kep\n    null-input: drop")
            .replace("device: cpu", "device: tpu")
            .replace("  connector: kafka\n  columns", "  topic: t\n  columns");

    assertThat(problemsOf(yaml))
        .containsExactly(
            "fraud.yaml:2:1: unknown key 'mod' in the job (did you mean 'mode'? allowed: name,"
                + " mode, store, development, source, steps, sink, dead-letter, verify,"
                + " time-zone, errors, gates, flink)",
            "fraud.yaml:4:3: missing key 'connector' in source (expected: a connector's name such"
                + " as kafka)",
            "fraud.yaml:8:13: step 'score': on-nan: 'kep' (did you mean 'keep'? allowed: keep,"
                + " dead-letter, fail)",
            "fraud.yaml:9:17: step 'score': null-input: 'drop' (allowed: by-model, dead-letter, fail, skip, nan)",
            "fraud.yaml:14:26: resources of step 'score': device: 'tpu' (expected: cpu, gpu,"
                + " gpu:N or gpu:auto)");
  }

  @Test
  void reportsEveryMissingKey() {
    assertThat(problemsOf("{}"))
        .containsExactlyInAnyOrder(
            "fraud.yaml:1:1: missing key 'name' in the job (expected: the job's name)",
            "fraud.yaml:1:1: missing key 'source' in the job (expected: a connector and its"
                + " options)",
            "fraud.yaml:1:1: missing key 'steps' in the job (expected: a list of steps, each with"
                + " id and model)",
            "fraud.yaml:1:1: missing key 'sink' in the job (expected: a connector and its"
                + " options)");
    assertThat(problemsOf(VALID.replace("- id: score\n    model", "- model")))
        .containsExactly(
            "fraud.yaml:7:5: missing key 'id' in step '?' (expected: the step's name)");
  }

  @Test
  void refusesTwoStepsOfOneId() {
    String step = VALID.substring(VALID.indexOf("  - id"), VALID.indexOf("sink:"));

    assertThat(problemsOf(VALID.replace(step, step + step)))
        .containsExactly(
            "fraud.yaml:13:9: step 'score': id: 'score' twice (expected: distinct ids)");
  }

  @Test
  void refusesStepsThatAreNoListOrNone() {
    String steps = VALID.substring(VALID.indexOf("steps:"), VALID.indexOf("sink:"));

    assertThat(problemsOf(VALID.replace(steps, "steps: score\n")))
        .containsExactly(
            "fraud.yaml:6:8: the job: steps: not a list (expected: a list of steps, each beginning"
                + " with '- id:')");
    assertThat(problemsOf(VALID.replace(steps, "steps: []\n")))
        .containsExactly("fraud.yaml:6:8: the job: steps: none (expected: >= 1)");
  }

  @Test
  void refusesASchemaFileThatIsNotThere() {
    Path absent = directory.resolve("schemas/t.avsc");

    assertThat(problemsOf(VALID.replace("columns: { a: DOUBLE }", "schema: schemas/t.avsc")))
        .containsExactly(
            "fraud.yaml:5:11: source: schema: 'schemas/t.avsc': there is no file "
                + absent
                + " (expected: relative to the job's file)");
  }

  @Test
  void refusesColumnsBesideASchema() {
    assertThat(problemsOf(VALID.replace("columns: {", "schema: " + directory + "\n  columns: {")))
        .contains(
            "fraud.yaml:6:12: source: columns: given beside 'schema' (expected: one of the two)");
  }

  @Test
  void reportsWhereAFileStopsBeingYaml() {
    assertThat(problemsOf("name: fraud\nsteps: [a, b\nsink: x\n"))
        .singleElement()
        .asString()
        .startsWith("fraud.yaml:3:")
        .contains("not YAML: ");
    assertThat(problemsOf("name: a\n---\nname: b\n"))
        .singleElement()
        .asString()
        .isEqualTo("fraud.yaml:2:1: not YAML: but found another document");
    assertThat(problemsOf("# nothing\n")).containsExactly("fraud.yaml: empty (expected: a job)");
    assertThat(problemsOf("- a\n"))
        .containsExactly("fraud.yaml:1:1: the job: a list (expected: keys and values)");
  }

  @Test
  void refusesFilesMadeToExhaustMemoryOrStack() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i <= 9; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9)));
    }

    assertThat(problemsOf(bomb.toString()))
        .singleElement()
        .asString()
        .contains("not YAML: Number of aliases");
    assertThat(problemsOf("[".repeat(100_000)))
        .containsExactly("fraud.yaml:1:51: nested deeper than 50 levels");
    assertThat(problemsOf("a: &a [*a]")).isNotEmpty();
  }

  @Test
  void refusesFilesThatCannotBeRead() throws IOException {
    Path absent = directory.resolve("absent.yaml");
    Path latin = Files.write(directory.resolve("latin.yaml"), new byte[] {'a', (byte) 0xE9, 'b'});
    Path large = Files.write(directory.resolve("large.yaml"), new byte[(1 << 20) + 1]);
    byte[] header = new byte[512];
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, header, 257, 5);
    Path unit = Files.write(directory.resolve("unit.tar"), header);

    assertThat(problemsOf(absent))
        .containsExactly(absent + ": no such file (expected: a job's YAML)");
    assertThat(problemsOf(directory))
        .containsExactly(directory + ": a folder (expected: a job's YAML)");
    assertThat(problemsOf(latin))
        .containsExactly(latin + ": not UTF-8 (expected: a job's YAML in UTF-8)");
    assertThat(problemsOf(large))
        .containsExactly(large + ": 1048577 bytes (expected: at most 1048576)");
    assertThat(problemsOf(unit))
        .containsExactly(
            unit
                + ": a tar (expected: a job's YAML; of a unit, 'tidemill run' starts the job here,"
                + " 'tidemill submit' on a cluster)");
  }

  @Test
  void saysEveryProblemInItsMessage() {
    InvalidPipelineException failure =
        failureOf(
            () -> new PipelineReader(Map.of()).read("fraud.yaml", directory, directory, "{}"));

    assertThat(failure).message().hasLineCount(4);
  }

  @Test
  void namesWhatIsWrongWithADemandForSignatures() {
    assertThat(problemsOf(VALID + "verify: { required: true }"))
        .singleElement()
        .asString()
        .contains("missing key 'keys' in verify (expected: a list of files with public keys)");
    assertThat(problemsOf(VALID + "verify: { keys: [nowhere.pem] }"))
        .anyMatch(problem -> problem.contains("missing key 'required' in verify"))
        .anyMatch(problem -> problem.contains("verify: keys: 'nowhere.pem': there is no file"));
    assertThat(problemsOf(VALID + "verify: { required: maybe, key: x }"))
        .anyMatch(problem -> problem.contains("'maybe' (expected: true or false)"))
        .anyMatch(problem -> problem.contains("unknown key 'key' in verify (did you mean 'keys'?"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          columns: { a: DOUBLE } | columms: { a: DOUBLE } | 5:3: unknown key 'columms' in source (did you mean 'columns'?)
          columns: { a: DOUBLE } | shema: a.avsc          | 5:3: unknown key 'shema' in source (did you mean 'schema'?)
          connector: kafka       | conector: kafka        | 4:3: unknown key 'conector' in source (did you mean 'connector'?)
          'columns: { a: DOUBLE }' | 'columns: { a: DOUBLE }\n  partitoned-by: [a, b]' | 6:3: unknown key 'partitoned-by' in source (did you mean 'partitioned-by'?)
          mode: streaming        | dead-letter: { connector: kafka, schema: nowhere } | 2:34: unknown key 'schema' in dead-letter (dead letters have columns of their own)
          model: fraud:1.0.0     | modle: fraud:1.0.0     | 8:5: unknown key 'modle' in step 'score' (did you mean 'model'? allowed: id, model, input, output, batching, resources, order, on-nan, null-input, dead-batches, load-timeout, call-timeout, short-call, trace-every)
          """)
  void misspeltKeyIsOneProblemAndNotAMissingOneToo(String valid, String changed, String problem) {
    String yaml = VALID.replaceFirst(Pattern.quote(valid), changed.replace("\\n", "\n"));

    assertThat(problemsOf(yaml)).containsExactly("fraud.yaml:" + problem);
  }

  private List<String> problemsOf(String yaml) {
    return problemsOf(
        () -> new PipelineReader(Map.of()).read("fraud.yaml", directory, directory, yaml));
  }

  private static List<String> problemsOf(Path file) {
    return problemsOf(() -> new PipelineReader(Map.of()).read(file));
  }

  private static List<String> problemsOf(Runnable reading) {
    return failureOf(reading).problems().stream().map(Problem::toString).toList();
  }

  private static InvalidPipelineException failureOf(Runnable reading) {
    InvalidPipelineException failure =
        catchThrowableOfType(InvalidPipelineException.class, reading::run);
    assertThat(failure).as("the file was accepted").isNotNull();
    return failure;
  }
}
