package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  private CommandRun plan(String job, String... more) throws IOException {
    ModelFixture model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
    model.run("alias", "fraud:1.4.2", "production");
    List<String> words = new ArrayList<>(List.of("plan", job, "--store", model.store().toString()));
    words.addAll(List.of(more));
    return CommandRun.of(words.toArray(String[]::new));
  }

  @Test
  void saysWhereAJobReadsAndWritesWhatItTakesAndHowItRuns() throws IOException {
    String job = "../../job-configs/fraud-scoring.yaml";

    CommandRun run = plan(job, "--set", "execution.checkpointing.interval=5s");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .contains(
            "  option     topic: transactions%n".formatted(),
            "  option     properties.bootstrap.servers: localhost:9092%n".formatted(),
            "  option     properties.group.id: fraud-scoring%n".formatted(),
            "  option     topic: fraud-scores%n".formatted())
        .containsPattern(
            "memory       direct: [0-9.]+ KiB for the steps and 64 MiB for Flink's network, of [0-9.]+ [GM]iB of such a process here\\R +heap: about [0-9.]+ MiB for full batches, Flink and files, of [0-9.]+ [GM]iB of such a process here")
        .endsWith(
            "next         tidemill run %s --set execution.checkpointing.interval=5s --store %s%n"
                .formatted(job, directory.resolve("store")));
  }

  @Test
  void machinesReadTheNextCommandAndWhyThereIsNoneInOneShape() throws IOException {
    String job = "../../job-configs/fraud-scoring.yaml";

    CommandRun right = plan(job, "-o", "json");
    CommandRun wrong = plan(job, "-o", "json", "--from-savepoint", "nowhere");

    JsonNode good = JSON.readTree(right.out());
    JsonNode bad = JSON.readTree(wrong.out());
    assertThat(good.get("next").asText())
        .isEqualTo("tidemill run %s --store %s", job, directory.resolve("store"));
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).isEmpty();
    assertThat(bad.properties().stream().map(Map.Entry::getKey).toList())
        .containsExactlyElementsOf(good.properties().stream().map(Map.Entry::getKey).toList());
    assertThat(bad.get("valid").asBoolean()).isFalse();
    assertThat(bad.get("problems").get(0).get("file").asText()).isEqualTo(job);
    assertThat(bad.get("problems").get(0).get("message").asText()).startsWith("--from-savepoint: ");
  }

  @Test
  void machinesReadWhyAnyCommandFailed() throws IOException {
    CommandRun run =
        CommandRun.of("run", "../../job-configs/fraud-scoring.yaml", "-s", "x", "-o", "json");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(JSON.readTree(run.out()).get("problems").get(0).get("message").asText())
        .startsWith("--from-savepoint: ");
  }

  /** The job of the checkout with something else in one place. */
  private Path fraudScoring(String there, String instead) throws IOException {
    Path configs = Path.of("../../job-configs");
    String schema = "schemas/transaction.avsc";
    Files.createDirectories(directory.resolve("schemas"));
    Files.copy(configs.resolve(schema), directory.resolve(schema));
    return Files.writeString(
        directory.resolve("job.yaml"),
        Files.readString(configs.resolve("fraud-scoring.yaml")).replace(there, instead));
  }

  @Test
  void refusesCommittedOffsetsWithExactlyOnceAndNothingToGoOnFrom() throws IOException {
    Path job = fraudScoring("earliest-offset", "group-offsets");

    CommandRun run = plan(job.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .startsWith(job + ":")
        .contains(
            "source: scan.startup.mode: group-offsets with exactly-once, and no earlier state in ",
            "(expected: --fresh, ");
    assertThat(plan(job.toString(), "--fresh").exitCode()).isEqualTo(ExitCode.DONE);
  }

  @Test
  void whatOnlyARunForADateMayDoIsSaidBesideAllThatIsWrong() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: all
            mode: batch
            source: { connector: filesystem, path: in, format: json, columns: { amount: DOUBLE } }
            steps:
              - { id: score, model: 'none:1.4.2', input: { features: amount }, output: { score: s }, resources: { device: cpu } }
            sink: { connector: filesystem, path: out/dt=1, format: json, partitioned-by: amount }
            flink: { restart-strategy.tpye: fixed-delay }
            """);

    for (String command : List.of("plan", "run")) {
      assertThat(CommandRun.of(command, job.toString()).err())
          .as(command)
          .contains("sink: partitioned-by below 'dt=1' of its path", "restart-strategy.tpye");
    }
  }

  /** A GPU that no machine has. */
  @Test
  void saysWhatIsKnownOfAGpu() throws IOException {
    Path job = fraudScoring("device: cpu", "device: gpu:9999");

    CommandRun run = plan(job.toString());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .containsPattern("  engine     tensorflow on gpu:9999\\R")
        .containsPattern(
            "  gpu        not known to a driver here; calls of full batches take [0-9.]+ KiB of it at least\\R");
    assertThat(
            CommandRun.of(
                    "plan",
                    job.toString(),
                    "--store",
                    directory.resolve("store").toString(),
                    "-o",
                    "json")
                .out())
        .containsPattern("\"gpu\"\\s*:\\s*\\{\\s*\"name\"\\s*:\\s*\"unknown\"");
  }

  @Test
  void theNextCommandIsAsAShellTakesItAndBeginsWhereThePlanDoesAndHasNoSecrets()
      throws IOException {
    String job = "../../job-configs/fraud-scoring.yaml";

    CommandRun run =
        plan(
            job,
            "--fresh",
            "--set",
            "execution.checkpointing.interval=5 s",
            "--set",
            "security.ssl.rest.key-password=hush");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .doesNotContain("hush")
        .endsWith(
            "next         tidemill run %s --set 'execution.checkpointing.interval=5 s' --set 'security.ssl.rest.key-password=******' --store %s --fresh%n"
                .formatted(job, directory.resolve("store")));
  }

  @Test
  void storesOfKeysAreLookedForBesideTheJob() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: stores
            source:
              connector: kafka
              topic: in
              properties.bootstrap.servers: here:9092
              properties.security.protocol: SSL
              properties.ssl.truststore.type: PEM
              properties.ssl.truststore.location: keys/ca.pem
              format: avro-confluent
              avro-confluent.url: https://here:8081
              avro-confluent.ssl.truststore.location: keys/trust.p12
              columns: { amount: DOUBLE }
            steps:
              - { id: score, model: 'fraud:1.4.2', input: { features: amount }, output: { score: s }, resources: { device: cpu } }
            sink: { connector: kafka, topic: out, format: json }
            """);

    CommandRun run = CommandRun.of("plan", job.toString());

    assertThat(run.err())
        .contains(
            "properties.ssl.truststore.location: '%s/keys/ca.pem' (expected: a file that can be read"
                .formatted(directory),
            "avro-confluent.ssl.truststore.location: schema registry: ",
            directory + "/keys/trust.p12");
  }

  @Test
  void partThatIsNotReadHidesNothingThatIsWrongWithTheOthers() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: all
            source:
              connector: kafka
              topic: in put
              properties.bootstrap.servers: localhost
              scan.startup.mode: earlist-offset
              format: jsn
              columns: { amount: DUOBLE }
            steps:
              - id: score
                model: fraud:1.4.2
                input: { features: amount }
                output: { score: fraud_score }
                batching: { max-sise: 1 }
            sink: { connector: kafka, topic: out, format: jsno }
            flink: { restart-strategy.tpye: fixed-delay }
            """);

    for (String command : List.of("plan", "run")) {
      CommandRun run = CommandRun.of(command, job.toString());

      assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(run.err().lines())
          .hasSize(9)
          .allMatch(line -> line.startsWith(job + ":"))
          .anyMatch(line -> line.contains("topic: 'in put'"))
          .anyMatch(line -> line.contains("'localhost' (expected: host:port"))
          .anyMatch(line -> line.contains("did you mean 'earliest-offset'?"))
          .anyMatch(line -> line.contains("source: format: 'jsn'"))
          .anyMatch(line -> line.contains("did you mean 'DOUBLE'?"))
          .anyMatch(line -> line.contains("unknown key 'max-sise'"))
          .anyMatch(line -> line.contains("missing key 'resources'"))
          .anyMatch(line -> line.contains("sink: format: 'jsno'"))
          .anyMatch(line -> line.contains("did you mean 'restart-strategy.type'?"));
    }
  }

  @Test
  void columnsThatAreNotReadHideNothingThatIsWrongWithTheOptionsBesideThem() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: all
            source:
              connector: kafka
              topic: in put
              properties.bootstrap.servers: localhost:9092
              scan.startup.mode: earliest-offset
              format: avro
              schema: nowhere.avsc
            steps:
              - id: score
                model: fraud:1.4.2
                input: { features: amount }
                output: { score: fraud_score }
                resources: { device: cpu }
            sink: { connector: kafka, topic: in put, format: json, colums: { a: INT } }
            dead-letter: { connector: kafkaa, topic: dead }
            """);

    CommandRun run = plan(job.toString());

    assertThat(run.err().lines())
        .hasSize(6)
        .anyMatch(line -> line.contains("source: topic: 'in put'"))
        .anyMatch(line -> line.contains("there is no file " + directory.resolve("nowhere.avsc")))
        .anyMatch(line -> line.contains("unknown key 'colums' in sink (did you mean 'columns'?)"))
        .anyMatch(line -> line.contains("sink: topic: 'in put' is read by the source"))
        .anyMatch(line -> line.contains("sink: topic: 'in put': Topic name is invalid"))
        .anyMatch(line -> line.contains("dead-letter: connector: 'kafkaa'"));
  }

  @Test
  void sinksOfAJobWhoseSourceIsNotReadDoNotLackItsBroker() throws IOException {
    Path job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: all
            source: { conector: kafka, topic: in, properties.bootstrap.servers: "h:1", columns: { a: INT } }
            steps:
              - id: score
                model: fraud:1.4.2
                input: { features: amount }
                output: { score: fraud_score }
                resources: { device: cpu }
            sink: { connector: kafka, topic: out, format: jsn }
            dead-letter: { connector: kafka, topic: dead letters }
            """);

    CommandRun run = plan(job.toString());

    assertThat(run.err().lines())
        .hasSize(3)
        .anyMatch(line -> line.contains("unknown key 'conector' in source"))
        .anyMatch(line -> line.contains("sink: format: 'jsn'"))
        .anyMatch(line -> line.contains("dead-letter: topic: 'dead letters'"));
  }

  @Test
  void eachFieldOfASchemaThatIsNotKeptIsAProblem() throws IOException {
    Files.writeString(
        Files.createDirectories(directory.resolve("schemas")).resolve("transaction.avsc"),
        """
        { "type": "record", "name": "Node", "fields": [
          { "name": "either", "type": ["int", "string"] },
          { "name": "next", "type": ["null", "Node"] } ] }
        """);
    Path job =
        Files.copy(Path.of("../../job-configs/fraud-scoring.yaml"), directory.resolve("job.yaml"));

    CommandRun run = plan(job.toString());

    assertThat(run.err().lines().filter(line -> line.startsWith(job + ":")))
        .anyMatch(line -> line.contains("field 'either' is [\"int\",\"string\"]"))
        .anyMatch(line -> line.contains("field 'next' is Node, which contains itself"));
  }

  @Test
  void saysThatAJobWantsMoreMemoryThanAProcessHas() throws IOException {
    String yaml = Files.readString(Path.of("../../job-configs/fraud-scoring.yaml"));
    Path job =
        Files.writeString(
            directory.resolve("large.yaml"),
            yaml.replace("schemas/", Path.of("../../job-configs/schemas").toRealPath() + "/")
                .replace("max-size: 512", "max-size: 1000000")
                .replace("parallelism: 2", "parallelism: 1000"));

    CommandRun run = plan(job.toString());

    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .containsPattern(
            "note         'tidemill run' refuses this job: steps: direct memory: [0-9.]+ GiB for the steps and 64 MiB for Flink's network, of [0-9.]+ [GM]iB that this process has \\(expected: room for both, as with TIDEMILL_JAVA_OPTS=-XX:MaxDirectMemorySize=\\d+m");
  }

  @Test
  void refusesASchemaThatContainsItself() throws IOException {
    Files.writeString(
        Files.createDirectories(directory.resolve("schemas")).resolve("transaction.avsc"),
        """
        { "type": "record", "name": "Node", "fields": [
          { "name": "next", "type": ["null", "Node"] } ] }
        """);
    ModelFixture model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
    model.run("alias", "fraud:1.4.2", "production");
    Path job =
        Files.copy(Path.of("../../job-configs/fraud-scoring.yaml"), directory.resolve("job.yaml"));

    CommandRun run = CommandRun.of("plan", job.toString(), "--store", model.store().toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(job + ":", "field 'next' is Node, which contains itself")
        .doesNotContain("\tat ");
  }

  private static final String COLUMNS =
      "columns: { id: STRING, f: ARRAY<FLOAT>, a: DOUBLE, items: ARRAY<ROW<price DOUBLE>> }";

  /** Each reads its records in another way, with what they carry beside their columns. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "connector: kafka, topic: in, properties.bootstrap.servers: 'here:9092',"
            + " properties.group.id: g, scan.startup.mode: earliest-offset, format: avro, "
            + COLUMNS,
        "connector: filesystem, path: in, format: json, " + COLUMNS,
        "connector: filesystem, path: in, format: parquet, columns: { id: STRING, f: ARRAY<FLOAT>, a: DOUBLE }",
        "connector: datagen, number-of-rows: 9, columns: { id: STRING, f: ARRAY<FLOAT>, a: DOUBLE }"
      })
  void aUserNeverSeesWhatRecordsCarryBesideTheirColumns(String source) throws IOException {
    String job =
        """
        name: beside
        mode: %s
        source: { %s }
        steps:
          - id: score
            model: fraud:1.4.2
            input: { features: f }
            output: { score: fraud_score }
            resources: { device: cpu }
        sink: { connector: kafka, topic: out, properties.bootstrap.servers: 'here:9092', sink.delivery-guarantee: at-least-once, format: avro }
        """
            .formatted(source.contains("kafka") ? "streaming" : "batch", source);
    Path right = Files.writeString(directory.resolve("right.yaml"), job);
    List<CommandRun> runs = new ArrayList<>();
    for (String[] more :
        List.of(new String[0], new String[] {"-o", "json"}, new String[] {"--sink-schema"})) {
      CommandRun run = plan(right.toString(), more);
      assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
      runs.add(run);
    }
    List<String> wrong = new ArrayList<>();
    for (String input :
        List.of("origin", "_origin", "'[0]'", "'[''a'']'", "'.a'", "id", "'items[7]'")) {
      wrong.add(job.replace("features: f", "features: " + input));
    }
    wrong.add(job.replace("score: fraud_score", "score: a"));
    wrong.add(
        job.replace("format: avro }\n", "format: avro, columns: { origin: INT, id: DOUBLE } }\n"));
    for (String each : wrong) {
      Path file = Files.writeString(directory.resolve("wrong.yaml"), each);
      runs.add(CommandRun.of("validate", file.toString()));
      CommandRun plan = plan(file.toString(), "-o", "json");
      assertThat(plan.exitCode()).as(each).isEqualTo(ExitCode.USAGE);
      runs.add(plan);
    }

    assertThat(runs)
        .allSatisfy(run -> assertThat(run.out() + run.err()).isNotBlank().doesNotContain("__"));
  }
}
