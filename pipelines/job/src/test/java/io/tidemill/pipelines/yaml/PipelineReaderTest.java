package io.tidemill.pipelines.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.pipelines.definition.ErrorsDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.FilesDefinition;
import io.tidemill.pipelines.definition.GatesDefinition;
import io.tidemill.pipelines.definition.NightlyDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.ResourcesDefinition;
import io.tidemill.pipelines.definition.SchemaDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.definition.VerifyDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineReaderTest {
  static final String SMALLEST =
      """
      name: fraud
      source: { connector: kafka, topic: in, columns: { a: DOUBLE } }
      steps:
        - { id: score, model: 'fraud:1.0.0', input: { x: a }, output: { y: s }, resources: { device: cpu } }
      sink: { connector: kafka, topic: out }
      """;

  static final String EVERY_KEY =
      """
      name: fraud
      mode: batch
      store: ${STORE}
      development: true
      source:
        connector: kafka
        properties.bootstrap.servers: ${BOOTSTRAP:-localhost:9092}
        scan.parallelism: 3
        schema: t.avsc
        on-corrupt-file: dead-letter
        whole-files: true
      steps:
        - id: score
          model: fraud@production
          input: { features: [amount, hour], text: note }
          output:
            score: fraud_score
            class: { field: verdict, labels: [honest, fraud] }
          batching: { max-size: 512, max-bytes: 4mb, max-delay: 5ms, max-in-flight: 3 }
          resources: { device: gpu:1, parallelism: 2, threads: 4 }
          order: unordered
          on-nan: dead-letter
          null-input: skip
          dead-batches: 7
          load-timeout: 90s
          call-timeout: 2s
          short-call: 0s
          trace-every: 100
      sink: { connector: filesystem, path: '/tmp/$$x' }
      dead-letter: { connector: kafka, topic: dead }
      flink: { execution.checkpointing.interval: 10s }
      """;

  @TempDir private Path directory;

  @Test
  void readsEveryKey() throws IOException {
    Path schema = Files.writeString(directory.resolve("t.avsc"), "{}");
    PipelineDefinition job = read(EVERY_KEY);

    assertThat(job.name()).isEqualTo("fraud");
    assertThat(job.mode()).isEqualTo(ExecutionMode.BATCH);
    assertThat(job.store()).isEqualTo("s3://models");
    assertThat(job.development()).isTrue();
    assertThat(job.source().connector()).isEqualTo("kafka");
    assertThat(job.source().options())
        .containsExactly(
            Map.entry("connector", "kafka"),
            Map.entry("properties.bootstrap.servers", "localhost:9092"),
            Map.entry("scan.parallelism", "3"));
    assertThat(job.source().schema()).isEqualTo(new SchemaDefinition.File(schema));
    assertThat(job.source().files())
        .isEqualTo(new FilesDefinition(FilesDefinition.OnCorrupt.DEAD_LETTER, true));
    assertThat(job.steps())
        .containsExactly(
            new StepDefinition(
                "score",
                "fraud@production",
                Map.of("features", List.of("amount", "hour"), "text", List.of("note")),
                Map.of(
                    "score",
                    new OutputField("fraud_score"),
                    "class",
                    new OutputField("verdict", List.of("honest", "fraud"))),
                new ResourcesDefinition("gpu:1", 2, 4),
                StepSettings.defaults()
                    .withBatching(new BatchPolicy(512, 4L << 20, Duration.ofMillis(5), 3))
                    .withOrder(Order.UNORDERED)
                    .withOnNan(OnNotFinite.DEAD_LETTER)
                    .withNullInput(OnNullInput.SKIP)
                    .withDeadBatches(7)
                    .withLoadTimeout(Duration.ofSeconds(90))
                    .withCallTimeout(Duration.ofSeconds(2))
                    .withShortCall(Duration.ZERO)
                    .withTraceEvery(100)));
    assertThat(job.sink().options()).containsEntry("path", "/tmp/$x");
    assertThat(job.deadLetter()).isNotNull();
    assertThat(job.flinkOptions()).containsEntry("execution.checkpointing.interval", "10s");
  }

  @Test
  void givesEveryDefault() {
    PipelineDefinition job = read(SMALLEST);

    assertThat(job.mode()).isEqualTo(ExecutionMode.STREAMING);
    assertThat(job.store()).isNull();
    assertThat(job.development()).isFalse();
    assertThat(job.deadLetter()).isNull();
    assertThat(job.flinkOptions()).isEmpty();
    assertThat(job.sink().schema()).isNull();
    StepDefinition step = job.steps().get(0);
    assertThat(step.resources().parallelism()).isNull();
    assertThat(step.resources().threads()).isNull();
    assertThat(step.settings()).isEqualTo(StepSettings.defaults());
  }

  @Test
  void keepsColumnsAndFieldsInTheirOrder() {
    PipelineDefinition job =
        read(
            SMALLEST
                .replace("{ a: DOUBLE }", "{ z: DOUBLE, a: 'DECIMAL(10, 2)', m: BIGINT }")
                .replace("x: a }", "x: [z, a, m] }"));

    assertThat(job.source().schema())
        .isInstanceOfSatisfying(
            SchemaDefinition.Columns.class,
            columns -> assertThat(columns.types().keySet()).containsExactly("z", "a", "m"));
    assertThat(job.steps().get(0).input()).containsEntry("x", List.of("z", "a", "m"));
  }

  @Test
  void readsWhoseSignaturesAreTrusted() throws IOException {
    Path key = Files.writeString(directory.resolve("release.pem"), "a public key");

    PipelineDefinition job = read(SMALLEST + "verify: { required: true, keys: [release.pem] }");

    assertThat(job.verify()).isEqualTo(new VerifyDefinition(true, List.of(key)));
    assertThat(read(SMALLEST).verify()).isEqualTo(VerifyDefinition.NONE);
  }

  @Test
  void knowsWhereEachPartIsWritten() {
    ParsedPipeline parsed = parse(SMALLEST);

    assertThat(parsed.locationOf("name")).hasToString("fraud.yaml:1:7");
    assertThat(parsed.locationOf("sink.topic")).hasToString("fraud.yaml:5:34");
    assertThat(parsed.locationOf("steps.score.model")).hasToString("fraud.yaml:4:25");
    assertThat(parsed.locationOf("steps.score.input.x[3]")).hasToString("fraud.yaml:4:52");
    assertThat(parsed.locationOf("steps.score.batching.max-size")).hasToString("fraud.yaml:4:5");
    assertThat(parsed.locationOf("flink.a")).hasToString("fraud.yaml");
  }

  @Test
  void putsTheDateInTheOptionsOfABatchJob() {
    String yaml =
        """
        name: nights
        mode: batch
        source: { connector: filesystem, path: 'in/{{ds}}/{{ ds_nodash - 7 }}', format: json, columns: { a: INT } }
        steps: [{ id: score, model: fraud:1.0.0, input: { x: a }, output: { y: z }, resources: { device: cpu } }]
        sink: { connector: filesystem, path: 's3://out/dt={{ ds + 10 }}', format: json }
        time-zone: Europe/Berlin
        errors: { max-rate: 0.5%, min-records: 1000, max-count: 7 }
        gates: { min-rows: 5, max-null-rate: 1%, psi: 0.25, quantiles: 0.1, on-fail: fail }
        """;

    ParsedPipeline dated =
        new PipelineReader(Map.of(), LocalDate.of(2026, 11, 21))
            .read("a.yaml", directory, directory, yaml);
    ParsedPipeline written =
        new PipelineReader(Map.of()).read("a.yaml", directory, directory, yaml);

    assertThat(dated.definition().source().options())
        .containsEntry("path", directory + "/in/2026-11-21/20261114");
    assertThat(dated.definition().sink().options()).containsEntry("path", "s3://out/dt=2026-12-01");
    assertThat(dated.definition().nightly())
        .isEqualTo(
            new NightlyDefinition(
                ZoneId.of("Europe/Berlin"),
                new ErrorsDefinition(0.005, 1000, 7L),
                new GatesDefinition(5L, 0.01, 0.25, 0.1, GatesDefinition.OnFail.FAIL)));
    assertThat(written.template()).hasToString("a.yaml:3:40");
    assertThat(written.forDates()).isTrue();
    assertThat(written.definition().sink().options())
        .containsEntry("path", "s3://out/dt={{ ds + 10 }}");
    assertThat(parse(SMALLEST).forDates()).isFalse();
  }

  @Test
  void filesOfOptionsAreBesideTheJobUnlessTheyAreUris() {
    PipelineDefinition job =
        read(
            """
            name: fraud
            source:
              connector: kafka
              topic: in
              properties.ssl.truststore.location: keys/ca.pem
              properties.ssl.keystore.location: $${file:keys.properties:store}
              avro-confluent.ssl.truststore.location: /etc/trust.p12
              columns: { a: DOUBLE }
            steps: [{ id: score, model: fraud:1.0.0, input: { x: a }, output: { y: s }, resources: { device: cpu } }]
            sink: { connector: iceberg, catalog-type: hadoop, warehouse: ../lake, account: s3://accounts }
            """);

    assertThat(job.source().options())
        .containsEntry("properties.ssl.truststore.location", directory + "/keys/ca.pem")
        .containsEntry("properties.ssl.keystore.location", "${file:keys.properties:store}")
        .containsEntry("avro-confluent.ssl.truststore.location", "/etc/trust.p12");
    assertThat(job.sink().options())
        .containsEntry("warehouse", directory.resolveSibling("lake").toString())
        .containsEntry("account", "s3://accounts");
  }

  @Test
  void foldersOfFlinkAreBesideTheJobUnlessTheyAreUris() {
    PipelineDefinition job =
        read(
            SMALLEST
                + """
                flink:
                  execution.checkpointing.dir: state
                  execution.checkpointing.savepoint-dir: ../savepoints
                  high-availability.storageDir: s3://ha
                  state.savepoints.dir: /old
                  pipeline.name: a
                """);

    assertThat(job.flinkOptions())
        .isEqualTo(
            Map.of(
                "execution.checkpointing.dir",
                directory + "/state",
                "execution.checkpointing.savepoint-dir",
                directory.resolveSibling("savepoints").toString(),
                "high-availability.storageDir",
                "s3://ha",
                "state.savepoints.dir",
                "/old",
                "pipeline.name",
                "a"));
  }

  @Test
  void valueOfAVariableIsNoTemplate() {
    String yaml = SMALLEST.replace("name: fraud", "name: fraud\nstore: 's3://${KEY}@models'");

    ParsedPipeline parsed =
        new PipelineReader(Map.of("KEY", "a:b{{c")).read("fraud.yaml", directory, directory, yaml);

    assertThat(parsed.definition().store()).isEqualTo("s3://a:b{{c@models");
  }

  private ParsedPipeline parse(String yaml) {
    return new PipelineReader(Map.of("STORE", "s3://models"))
        .read("fraud.yaml", directory, directory, yaml);
  }

  private PipelineDefinition read(String yaml) {
    return parse(yaml).definition();
  }
}
