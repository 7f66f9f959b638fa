package io.tidemill.pipelines.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.Keys;
import io.tidemill.model.store.signing.SigningKey;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PipelineComposerTest {
  private static final String OF_TENSORFLOW =
      "tensorflow: takes some 300 MB of the process once, and its models their weights,"
          + " beside heap and direct memory";

  @TempDir private Path directory;

  private Jobs jobs = new Jobs(Path.of(""));

  @BeforeEach
  void publish() throws IOException {
    jobs = new Jobs(directory);
    jobs.publish("fraud", "1.4.2");
  }

  @Test
  void pinsAnAliasToAVersionAndItsDigest() throws IOException {
    PipelinePlan before = plan(Jobs.KAFKA);

    jobs.publish("fraud", "1.5.0");
    PipelinePlan after = plan(Jobs.KAFKA);

    assertThat(before.steps())
        .singleElement()
        .satisfies(
            step -> {
              assertThat(step.reference()).isEqualTo("fraud@production");
              assertThat(step.model()).isEqualTo("fraud:1.4.2");
              assertThat(step.digest()).matches("sha256:[0-9a-f]{64}");
              assertThat(step.engine()).isEqualTo("tensorflow");
              assertThat(step.device()).isEqualTo("cpu");
              assertThat(step.threads()).isNull();
            });
    assertThat(after.steps().get(0).model()).isEqualTo("fraud:1.5.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "path: 's3://me:secret@bucket/in', format: parquet | source: path: with credentials",
        "path: in, format: avro, avro.no: 1 | source: avro.no: unknown option"
      })
  void optionsAreRefusedBeforeAFileTellsColumns(String source, String problem) {
    String yaml =
        """
        name: nights
        mode: batch
        source: { connector: filesystem, %s }
        steps:
          - id: score
            model: fraud:1.4.2
            input: { features: a }
            output: { score: s }
            resources: { device: cpu }
        sink: { connector: filesystem, path: out, format: json }
        """
            .formatted(source);
    ParsedPipeline parsed =
        new PipelineReader(Map.of()).read("job.yaml", directory, directory, yaml);
    PipelineComposer composer = new PipelineComposer(jobs.store(), Map.of());

    assertThatExceptionOfType(InvalidPipelineException.class)
        .isThrownBy(() -> composer.checkBeforeItsFiles(parsed.definition(), parsed::locationOf))
        .withMessageContaining(problem);
  }

  @Test
  void tellsHowManyRowsAModelTakesInEachCall() throws IOException {
    jobs.publish("fraud", "1.6.0", 8);

    assertThat(plan(Jobs.KAFKA).notes())
        .containsExactly("score: 8 rows in each call, the last one padded", OF_TENSORFLOW);
  }

  @Test
  void givesTheModelTheThreadsOfItsStep() {
    PipelinePlan plan = plan(Jobs.KAFKA.replace("device: cpu", "device: cpu, threads: 2"));

    assertThat(plan.steps()).extracting(PipelinePlan.Step::threads).containsExactly(2);
  }

  @Test
  void refusesOtherThreadsOfAnEngineThatHasOneNumberForAProcess() throws IOException {
    jobs.publish("churn", "2.0.0");

    assertThat(problems(twoSteps(", threads: 2", ", threads: 4")))
        .containsExactly(
            "job.yaml:20:40: resources of step 'second': threads: 4, but step 'score' says 2, and tensorflow has one number of threads in a process (expected: the same in every step with tensorflow, or none in all of them)");
    assertThat(problems(twoSteps("", ", threads: 4")))
        .singleElement()
        .asString()
        .startsWith(
            "job.yaml:15:16: resources of step 'score': threads: none said, but step 'second' says 4");
    assertThat(plan(twoSteps(", threads: 2", ", threads: 2")).steps())
        .extracting(PipelinePlan.Step::threads)
        .containsExactly(2, 2);
  }

  @Test
  void countsTheMemoryOfStepsThatRunAtOnce() throws IOException {
    jobs.publish("churn", "2.0.0");
    String alike = twoSteps("", ", parallelism: 2");
    String batch =
        "mode: batch\n"
            + alike.replace(
                "  scan.startup.mode:", "  scan.bounded.mode: latest-offset\n  scan.startup.mode:");
    long one = plan(alike).steps().get(0).memoryBytes();

    assertThat(plan(alike).memory().stepBytes()).isEqualTo(4 * one);
    assertThat(plan(batch).memory().stepBytes()).isEqualTo(4 * one);
    // One of them begins when the other has ended.
    assertThat(plan(batch.replace("parallelism: 2 }\nsink", "parallelism: 3 }\nsink")).memory())
        .extracting(MemoryNeed::stepBytes)
        .isEqualTo(3 * one);
  }

  @Test
  void countsTheRecordsOfFullBatches() {
    long smallest = plan(batching("max-size: 1, max-in-flight: 1")).memory().heapBytes();
    long more = plan(batching("max-size: 1001, max-in-flight: 1")).memory().heapBytes();

    // The one in flight, and the open one.
    assertThat((more - smallest) % 2_000).isZero();
    long record = (more - smallest) / 2_000;
    assertThat(record).isBetween(500L, 4_000L);
    assertThat(plan(batching("max-size: 1001, max-in-flight: 3")).memory().heapBytes() - more)
        .isEqualTo(2 * 1_001 * record);
    assertThat(
            plan(batching("max-size: 1001, max-in-flight: 1, max-bytes: 8")).memory().heapBytes())
        .isLessThan(more);
  }

  private static String batching(String limits) {
    return Jobs.KAFKA.replace("resources:", "batching: { %s }\n    resources:".formatted(limits));
  }

  private static String twoSteps(String first, String second) {
    return Jobs.KAFKA
        .replace("device: cpu", "device: cpu" + first)
        .replace(
            "sink:\n",
            """
              - id: second
                model: churn:2.0.0
                input: { features: [fraud_score, amount] }
                output: { score: churn_score }
                resources: { device: cpu%s }
            sink:
            """
                .formatted(second));
  }

  @Test
  void tellsBindingsBatchingAndGuarantees() {
    PipelinePlan plan = plan(Jobs.KAFKA);

    assertThat(plan.steps().get(0).bindings())
        .containsExactly(
            "features float32[-1, 2] <- amount DOUBLE, hour INT",
            "score float32[-1, 1] -> fraud_score FLOAT");
    assertThat(plan.steps().get(0).batching())
        .isEqualTo(
            "256 records or 20 ms, 4 in flight, ordered, but not over a restore at another"
                + " parallelism");
    assertThat(plan(Jobs.KAFKA.replace("resources:", "order: unordered\n    resources:")).steps())
        .extracting(PipelinePlan.Step::batching)
        .containsExactly("256 records or 20 ms, 4 in flight, unordered between watermarks");
    assertThat(
            plan(Jobs.KAFKA.replace(
                    "resources:",
                    "order: unordered\n    short-call: 0s\n    trace-every: 100\n    resources:"))
                .steps())
        .extracting(PipelinePlan.Step::batching)
        .containsExactly(
            "256 records or 20 ms, 4 in flight, unordered between watermarks, short-call 0 ms, trace-every 100");
    assertThat(plan.sink().guarantee())
        .startsWith("exactly once for consumers that read committed");
    assertThat(plan.deadLetter()).isNotNull();
    assertThat(plan.notes()).containsExactly(OF_TENSORFLOW);
  }

  @Test
  void givesEveryOperatorAUidAndTheParallelismOfTheSteps() {
    PipelinePlan plan = plan(Jobs.KAFKA);

    assertThat(plan.operators()).extracting(PipelinePlan.Operator::parallelism).containsOnly(2);
    assertThat(plan.operators())
        .extracting(PipelinePlan.Operator::uid)
        .doesNotHaveDuplicates()
        .doesNotContain("none")
        .contains("source", "score", "score-dead-letters");
  }

  @Test
  void writesTheColumnsOfTheSourceAndOfTheSteps() {
    assertThat(jobs.plan(Jobs.KAFKA, Map.of()).sinkSchema().rowType().asSummaryString())
        .isEqualTo(
            "ROW<`id` STRING NOT NULL, `amount` DOUBLE NOT NULL, `hour` INT, `fraud_score` FLOAT NOT"
                + " NULL> NOT NULL");
  }

  @Test
  void bindsFieldsInsideOfFieldsAndWhatElseAKafkaRecordHas() {
    String yaml =
        Jobs.KAFKA
            .replace("hour: INT", "pay: 'ROW<items ARRAY<ROW<price FLOAT>>>'")
            .replace("format: avro\n  columns", "format: avro\n  metadata.at: timestamp\n  columns")
            .replace("[amount, hour]", "['pay.items[0].price', at]");

    assertThat(plan(yaml).steps().get(0).bindings())
        .contains("features float32[-1, 2] <- pay.items[0].price FLOAT, at TIMESTAMP_LTZ(3)");
    assertThat(jobs.plan(yaml, Map.of()).sinkSchema().rowType().getFieldNames())
        .containsExactly("id", "amount", "pay", "at", "fraud_score");
  }

  @Test
  void chainsStepsThatBindEachOthersOutputs() throws IOException {
    jobs.publish("churn", "2.0.0");
    String second =
        """
          - id: second
            model: churn:2.0.0
            input: { features: [fraud_score, amount] }
            output: { score: churn_score }
            resources: { device: cpu, parallelism: 1 }
        sink:
        """;

    PipelinePlan plan = plan(Jobs.KAFKA.replace("sink:\n", second));

    assertThat(plan.steps()).extracting(PipelinePlan.Step::id).containsExactly("score", "second");
    assertThat(plan.notes())
        .contains(
            "score -> second: parallelism 2 -> 1, so every record is serialized between two tasks;"
                + " the same parallelism would chain them");
  }

  @Test
  void saysThatAJobWithoutDeadLettersFailsAtTheFirst() {
    assertThat(plan(Jobs.KAFKA.replaceFirst("dead-letter: .*\n", "")).notes())
        .containsExactly(
            OF_TENSORFLOW, "no dead-letter: the first record that cannot be scored fails the job");
  }

  @Test
  void hidesSecrets() {
    PipelinePlan plan =
        plan(
            Jobs.KAFKA.replace(
                "topic: in", "topic: in\n  properties.ssl.keystore.password: hunter2"));

    assertThat(plan.toString()).doesNotContain("hunter2");
  }

  @Test
  void showsTheColumnOfAKeyAndTheKeysBesideTheOptions() {
    String yaml =
        "mode: batch\n"
            + Jobs.KAFKA
                .replace("topic: in", "topic: in\n  metadata.key: key")
                .replace("topic: in", "topic: in\n  scan.bounded.mode: latest-offset")
                .replaceFirst(
                    "(?s)sink:.*dead-letter",
                    "sink: { connector: filesystem, path: /tmp/o, format: json, partitioned-by:"
                        + " [hour, id], overwrite: true }\ndead-letter");

    PipelinePlan plan = plan(yaml);

    assertThat(plan.source().options())
        .containsEntry("metadata.key", "key")
        .doesNotContainKeys("partitioned-by", "overwrite");
    assertThat(plan.sink().options())
        .containsEntry("partitioned-by", "hour, id")
        .containsEntry("overwrite", "true")
        .doesNotContainKey("primary-key");
  }

  @Test
  void letsOverridesWinOverTheJob() {
    assertThat(
            jobs.plan(Jobs.KAFKA, Map.of("parallelism.default", "3"))
                .configuration()
                .get(CoreOptions.DEFAULT_PARALLELISM))
        .isEqualTo(3);
    assertThat(
            jobs.plan(Jobs.KAFKA.replace("10s }", "10s, pipeline.object-reuse: false }"), Map.of())
                .configuration()
                .get(PipelineOptions.OBJECT_REUSE))
        .isFalse();
  }

  @Test
  void collectsProblemsOfEveryPart() {
    String yaml =
        Jobs.KAFKA
            .replace("scan.startup.mode: earliest-offset", "scan.startup.mode: earlyest")
            .replace("model: fraud@production", "model: fraud@latest")
            .replace("topic: out", "topic: in")
            .replace("topic: dead", "topic: in")
            .replace("interval: 10s", "interval: soon");

    assertThat(problems(yaml))
        .anyMatch(problem -> problem.startsWith("job.yaml:7:") && problem.contains("earlyest"))
        .contains(
            "job.yaml:12:12: model: 'fraud@latest' (expected: a version or an alias that someone"
                + " sets; 'latest' is for jobs with development: true)")
        .anyMatch(problem -> problem.startsWith("job.yaml:18:") && problem.contains("sink: topic"))
        .anyMatch(
            problem -> problem.startsWith("job.yaml:23:") && problem.contains("dead-letter: topic"))
        .anyMatch(problem -> problem.contains("soon"));
  }

  @Test
  void refusesOptionsThatFlinkDoesNotHave() {
    String flink = "flink: { execution.checkpointing.interval: 10s, ";

    assertThat(
            problems(
                Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    flink + "restart-strategy.tpye: none, execution.colour: red")))
        .containsExactly(
            "job.yaml:24:72: restart-strategy.tpye: no option of Flink's (did you mean"
                + " 'restart-strategy.type'?)",
            "job.yaml:24:96: execution.colour: no option of Flink's (expected: one of its"
                + " documentation)");
    assertThat(
            problems(
                Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    flink + "execution.runtime-mode: BATCH")))
        .anyMatch(
            problem ->
                problem.contains("execution.runtime-mode: BATCH in a job of mode streaming"));
    assertThat(
            plan(Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    flink
                        + "state.checkpoints.num-retained: 2, s3.access-key: x,"
                        + " metrics.reporter.prom.port: 9249"))
                .name())
        .isEqualTo("fraud");
  }

  @Test
  void refusesWhatNeitherFlinksStateNorItsTablesHaveButNothingOfABackend() {
    String more = "flink: { execution.checkpointing.interval: 10s, ";

    assertThat(
            problems(
                Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    more + "state.of-mind.today: calm, table.in-the-corner.seats: 4")))
        .containsExactly(
            "job.yaml:24:70: state.of-mind.today: no option of Flink's (expected: one of its"
                + " documentation)",
            "job.yaml:24:103: table.in-the-corner.seats: no option of Flink's (expected: one of its"
                + " documentation)");
    assertThat(
            plan(Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    more
                        + "state.backend.rocksdb.in-the-corner: 4, table.exec.iceberg.worker-pool-size: 4,"
                        + " table.exec.state.ttl: 1 h"))
                .name())
        .isEqualTo("fraud");
  }

  @Test
  void refusesAStateThatEachStartWouldGoBackTo() {
    for (String key : List.of("execution.state-recovery.path", "execution.savepoint.path")) {
      assertThat(problems(Jobs.KAFKA.replace("10s }", "10s, " + key + ": 'file:/kept/chk-7' }")))
          .singleElement()
          .asString()
          .startsWith("job.yaml:24:")
          .contains(key + ": in the job itself, so that each start")
          .contains("(expected: --from-savepoint PATH for one start, or --set of this key;");
    }
    assertThat(
            jobs.plan(Jobs.KAFKA, Map.of("execution.state-recovery.path", "file:/kept/chk-7"))
                .configuration()
                .get(StateRecoveryOptions.SAVEPOINT_PATH))
        .isEqualTo("file:/kept/chk-7");
  }

  @Test
  void refusesWordsThatOnlyAClusterReads() {
    String flink = "flink: { execution.checkpointing.interval: 10s";
    assertThat(
            problems(
                Jobs.KAFKA.replace(
                    flink,
                    flink + ", restart-strategy.type: fixed-dealy, state.backend.type: rocks")))
        .containsExactly(
            "job.yaml:24:72: restart-strategy.type: 'fixed-dealy' (did you mean 'fixed-delay'?"
                + " allowed: fixed-delay, exponential-delay, failure-rate, none, off, disable,"
                + " fixeddelay, exponentialdelay, failurerate)",
            "job.yaml:24:105: state.backend.type: 'rocks' (allowed: hashmap, rocksdb, forst)");
    assertThat(
            plan(Jobs.KAFKA.replace(
                    flink,
                    flink + ", restart-strategy.type: None, state.backend.type: com.acme.Factory"))
                .name())
        .isEqualTo("fraud");
  }

  @Test
  void refusesValuesThatFlinkDoesNotReadAllAtOnceAndNothingBesideThem() {
    assertThat(
            problems(
                Jobs.KAFKA.replace(
                    "flink: { execution.checkpointing.interval: 10s",
                    "flink: { execution.checkpointing.interval: -5s, rest.port: abc")))
        .containsExactly(
            "job.yaml:24:44: execution.checkpointing.interval: '-5s' (expected: a value that Flink"
                + " reads; it says: text does not start with a number, and is not a valid ISO-8601"
                + " duration format: -5s)",
            "job.yaml:24:60: rest.port: 'abc' (expected: a value that Flink reads; it says: For"
                + " input string: \"abc\")");
  }

  @Test
  void allowsLatestInDevelopment() {
    PipelinePlan plan =
        plan("development: true\n" + Jobs.KAFKA.replace("fraud@production", "fraud:latest"));

    assertThat(plan.steps().get(0).model()).isEqualTo("fraud:1.4.2");
  }

  @Test
  void namesBothSidesOfABindingThatDoesNotFit() {
    assertThat(problems(Jobs.KAFKA.replace("[amount, hour]", "[amuont, hour]")))
        .singleElement()
        .asString()
        .startsWith("job.yaml:13:")
        .contains("step 'score' (fraud:1.4.2): input 'features': field 'amuont'")
        .contains("did you mean 'amount'? fields: id, amount, hour)");
    assertThat(problems(Jobs.KAFKA.replace("[amount, hour]", "[amount, id]")))
        .singleElement()
        .asString()
        .contains("field 'id' is STRING, which features float32[-1, 2] does not take");
    assertThat(problems(Jobs.KAFKA.replace("[amount, hour]", "[amount]")))
        .singleElement()
        .asString()
        .contains("1 fields for features float32[-1, 2] (expected: 2");
  }

  @Test
  void fieldsThatAreNotThereAreToldWhateverElseIsWrongWithTheirStepsAndTheStepsBefore() {
    String second =
        """
          - id: second
            model: fraud:1.4.2
            input: { features: [amount, %s] }
            output: { score: again }
            resources: { device: cpu }
        sink:
        """;
    String score = "score: fraud_score";
    assertThat(Jobs.KAFKA).contains(score, "\nsink:\n");

    assertThat(
            problems(
                Jobs.KAFKA
                    .replace("fraud@production", "fraud:9.9.9")
                    .replace("[amount, hour]", "[amuont, hour]")))
        .hasSize(2)
        .anyMatch(problem -> problem.contains("version 9.9.9 of model 'fraud': not in store"))
        .anyMatch(
            problem ->
                problem.contains(
                    "step 'score' (fraud:9.9.9): input 'features': field 'amuont' is not in the record (did you mean 'amount'?"));
    assertThat(problems(Jobs.KAFKA.replace("features: [amount, hour]", "feature: [amuont, hour]")))
        .hasSize(3)
        .anyMatch(problem -> problem.contains("input 'feature': not in the model's signature"))
        .anyMatch(problem -> problem.contains("input 'features': not bound"))
        .anyMatch(
            problem -> problem.contains("input 'feature': field 'amuont' is not in the record"));
    String wrong = Jobs.KAFKA.replace("[amount, hour]", "[amount, id]");
    assertThat(problems(wrong.replace("sink:\n", second.formatted("huor"))))
        .hasSize(2)
        .anyMatch(problem -> problem.contains("field 'id' is STRING"))
        .anyMatch(
            problem ->
                problem.contains(
                    "step 'second' (fraud:1.4.2): input 'features': field 'huor' is not in the record (did you mean 'hour'?"));
    assertThat(problems(wrong.replace("sink:\n", second.formatted("fraud_score")))).hasSize(1);
  }

  @Test
  void refusesReferencesDevicesAndIdsThatAreNone() {
    assertThat(problems(Jobs.KAFKA.replace("fraud@production", "fraud")))
        .singleElement()
        .asString()
        .startsWith("job.yaml:12:12: step 'score': model: 'fraud' (expected: name:version");
    assertThat(problems(Jobs.KAFKA.replace("id: score", "id: sink")))
        .singleElement()
        .asString()
        .startsWith("job.yaml:11:9: step 'sink': id: 'sink' (expected: neither source, sink");
    assertThat(problems(Jobs.KAFKA.replace("amount: DOUBLE", "amount: DUOBLE")))
        .singleElement()
        .asString()
        .startsWith(
            "job.yaml:9:43: schema: type 'DUOBLE NOT NULL' of field 'amount' (did you mean"
                + " 'DOUBLE'? expected: a SQL");
    assertThat(problems(Jobs.KAFKA.replace("amount: DOUBLE", "amount: D").replace("INT", "I")))
        .satisfiesExactly(
            amount -> assertThat(amount).startsWith("job.yaml:9:43: ").contains("field 'amount'"),
            hour -> assertThat(hour).startsWith("job.yaml:9:").contains("field 'hour'"));
  }

  @Test
  void typeThatIsNoneHidesNoNameOfAConnectorOrAFormatThatIsNone() {
    String bad = Jobs.KAFKA.replace("amount: DOUBLE", "amount: DUOBLE");
    String formats = bad.replaceFirst("format: avro", "format: avor");

    assertThat(problems(formats.replaceFirst("out\n  format: avro", "out\n  format: jsn")))
        .hasSize(3)
        .anyMatch(problem -> problem.contains("'DUOBLE NOT NULL'"))
        .anyMatch(problem -> problem.startsWith("job.yaml:8:") && problem.contains("'avor'"))
        .anyMatch(problem -> problem.startsWith("job.yaml:19:") && problem.contains("'jsn'"));
    assertThat(
            problems(
                formats
                    .replaceFirst(
                        "connector: kafka\n  topic: in", "connector: filesytem\n  topic: in")
                    .replaceFirst(
                        "connector: kafka\n  topic: out", "connector: kafak\n  topic: out")))
        .anyMatch(problem -> problem.contains("'filesytem' is not on the class path"))
        .anyMatch(problem -> problem.contains("'kafak' is not on the class path"));
  }

  @Test
  void typeThatIsNoneHidesNothingElseThatIsWrong() {
    String bad =
        Jobs.KAFKA
            .replace("amount: DOUBLE", "amount: DUOBLE")
            .replace("earliest-offset", "group-offsets")
            .replace("properties.group.id: g\n", "properties.grup.id: g\n")
            .replaceFirst("format: avro", "format: debezium-json")
            .replace("features: [", "featurs: [")
            .replace("score: fraud_score", "scor: fraud_score")
            .replace("exactly-once", "exactly-onec")
            .replaceFirst("(out\n *)format: avro", "$1format: debezium-json");

    assertThat(problems(bad))
        .hasSize(9)
        .anyMatch(problem -> problem.contains("'DUOBLE NOT NULL'"))
        .anyMatch(problem -> problem.contains("source: properties.group.id: missing"))
        .anyMatch(problem -> problem.contains("did you mean 'properties.group.id'?"))
        .anyMatch(problem -> problem.contains("source: format: 'debezium-json' carries changes"))
        .anyMatch(problem -> problem.contains("input 'featurs': not in the model's signature"))
        .anyMatch(problem -> problem.contains("input 'features': not bound"))
        .anyMatch(problem -> problem.contains("output 'scor': not in the model's signature"))
        .anyMatch(problem -> problem.contains("'exactly-onec' (did you mean 'exactly-once'? exp"))
        .anyMatch(problem -> problem.contains("sink: format: 'debezium-json' carries changes"));
    assertThat(
            problems(
                bad.replaceFirst(
                        "connector: kafka\n *topic: in", "connector: filesystem\n  topic: in")
                    .replaceFirst("format: debezium-json", "format: json")))
        .anyMatch(problem -> problem.contains("required options are: path"))
        .anyMatch(problem -> problem.contains("source: topic: unknown option"));
  }

  @Test
  void sourceThatIsAProblemHidesNothingElseThatIsWrong() {
    String bad = Jobs.KAFKA.replace("scan.startup.mode: earliest", "scan.startup.mode: earlist");
    String fields = bad.replace("[amount, hour]", "[amuont, hour]");

    assertThat(problems(fields))
        .satisfiesExactly(
            mode ->
                assertThat(mode)
                    .endsWith(
                        "'earlist-offset' (did you mean 'earliest-offset'? expected: one of"
                            + " earliest-offset, latest-offset, group-offsets, timestamp,"
                            + " specific-offsets)"),
            field ->
                assertThat(field).contains("did you mean 'amount'? fields: id, amount, hour)"));
    // What a column of metadata is called may be the name of a field, too.
    assertThat(
            problems(
                fields.replace(
                    "format: avro\n  columns",
                    "format: avro\n  metadata.amuont: offset\n  columns")))
        .hasSize(1);
  }

  @Test
  void refusesExactlyOnceWithoutCheckpoints() {
    assertThat(problems(Jobs.KAFKA.replaceFirst("flink: .*\n", "")))
        .isNotEmpty()
        .allMatch(problem -> problem.contains("exactly-once with checkpoints off"));
  }

  @Test
  void refusesASourceThatNeverEndsInABatch() {
    assertThat(problems("mode: batch\n" + Jobs.KAFKA))
        .contains(
            "job.yaml:4:3: source: never ends (expected: one that does in mode batch; for kafka set"
                + " scan.bounded.mode: latest-offset)");
  }

  @Test
  void saysWhichModelsCannotBeHad() {
    ModelProblemsException missing =
        catchThrowableOfType(
            ModelProblemsException.class,
            () -> plan(Jobs.KAFKA.replace("fraud@production", "fraud:9.9.9")));

    assertThat(missing).isNotNull();
    assertThat(missing.problems())
        .singleElement()
        .extracting(Problem::toString)
        .asString()
        .startsWith("job.yaml:12:12: ")
        .contains("version 9.9.9 of model 'fraud'")
        .contains("1.4.2");
  }

  private static final String DEMAND = "verify: { required: true, keys: [release.pem] }\n";

  private SigningKey trusted() throws IOException {
    SigningKey key = SigningKey.of(Keys.privatePem());
    Files.writeString(directory.resolve("release.pem"), key.verificationKey().pem());
    return key;
  }

  private void signWith(SigningKey key) {
    SemanticVersion version = SemanticVersion.parse("1.4.2");
    var store = ModelStore.open(jobs.store());
    store.addSignature("fraud", version, key.sign(store.manifest("fraud", version)));
  }

  @Test
  void plansAJobWhoseModelATrustedKeySigned() throws IOException {
    signWith(trusted());

    assertThat(plan(Jobs.KAFKA + DEMAND).steps().get(0).model()).isEqualTo("fraud:1.4.2");
  }

  @Test
  void refusesAModelThatNoTrustedKeySigned() throws IOException {
    SigningKey key = trusted();
    signWith(SigningKey.of(Keys.privatePem()));

    ModelProblemsException refused =
        catchThrowableOfType(ModelProblemsException.class, () -> plan(Jobs.KAFKA + DEMAND));

    assertThat(refused).isNotNull();
    assertThat(refused.problems())
        .singleElement()
        .extracting(Problem::toString)
        .asString()
        .startsWith("job.yaml:12:12: fraud:1.4.2: signature of key ")
        .contains("made by no key that is trusted")
        .contains(key.verificationKey().fingerprint());
  }

  @Test
  void asksForNoSignatureWhereTheDemandIsSwitchedOff() throws IOException {
    trusted();

    assertThat(plan(Jobs.KAFKA + DEMAND.replace("true", "false")).steps()).hasSize(1);
  }

  @Test
  void refusesAFileThatIsNoPublicKey() throws IOException {
    Files.writeString(directory.resolve("release.pem"), Keys.privatePem());

    assertThat(problems(Jobs.KAFKA + DEMAND))
        .singleElement()
        .asString()
        .startsWith("job.yaml:25:")
        .contains("release.pem': a private key (expected: the public one)");
  }

  @Test
  void tellsAllThatIsAwayAndEachOnce() {
    String yaml =
        Jobs.KAFKA.replace(
            "topic: out\n  format: avro\n",
            "topic: out\n  format: avro-confluent\n  avro-confluent.url: http://localhost:1\n");

    assertThat(jobs.plan(yaml, Map.of()).obstacles(Duration.ofMillis(300)))
        .extracting(Problem::toString)
        .satisfiesExactlyInAnyOrder(
            broker ->
                assertThat(broker)
                    .startsWith("source: properties.bootstrap.servers: no Kafka broker answers"),
            registry -> assertThat(registry).startsWith("sink: avro-confluent.url: "));
  }

  private PipelinePlan plan(String yaml) {
    return jobs.plan(yaml, Map.of()).describe();
  }

  private List<String> problems(String yaml) {
    InvalidPipelineException invalid =
        catchThrowableOfType(InvalidPipelineException.class, () -> plan(yaml));
    assertThat(invalid).as("the job was accepted").isNotNull();
    return invalid.problems().stream().map(Problem::toString).toList();
  }
}
