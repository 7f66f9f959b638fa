package io.tidemill.pipelines.compose;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.columnar.ElementType;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Jobs and models under one folder, for tests. */
public final class Jobs {
  /** A Kafka job of one step that is right once {@code fraud:1.4.2} is published. */
  public static final String KAFKA =
      """
      name: fraud
      source:
        connector: kafka
        topic: in
        properties.bootstrap.servers: localhost:1
        properties.group.id: g
        scan.startup.mode: earliest-offset
        format: avro
        columns: { id: STRING NOT NULL, amount: DOUBLE NOT NULL, hour: INT }
      steps:
        - id: score
          model: fraud@production
          input: { features: [amount, hour] }
          output: { score: fraud_score }
          resources: { device: cpu, parallelism: 2 }
      sink:
        connector: kafka
        topic: out
        format: avro
        sink.delivery-guarantee: exactly-once
        sink.transactional-id-prefix: fraud
        properties.transaction.timeout.ms: 800000
      dead-letter: { connector: kafka, topic: dead }
      flink: { execution.checkpointing.interval: 10s }
      """;

  private final Path directory;

  public Jobs(Path directory) {
    this.directory = directory;
  }

  /** The store's URI. */
  public String store() {
    return directory.resolve("store").toString();
  }

  /** Publishes a model with inputs {@code features} float32[-1, 2] and output {@code score}. */
  public void publish(String name, String version) throws IOException {
    publish(name, version, 0);
  }

  /** The same for one number of rows in each call, or 0 for any. */
  public void publish(String name, String version, int batch) throws IOException {
    Path files = Files.createDirectories(directory.resolve("model"));
    Files.writeString(files.resolve("saved_model.pb"), "never loaded");
    publish(
        name,
        version,
        new Signature(
                List.of(TensorSpec.of("features", ElementType.FLOAT32, -1, 2)),
                List.of(TensorSpec.of("score", ElementType.FLOAT32, -1, 1)))
            .inBatchesOf(batch),
        files);
  }

  /** Publishes a version, and makes {@code production} mean it. */
  public void publish(String name, String version, Signature signature, Path files) {
    SemanticVersion number = SemanticVersion.parse(version);
    var store = ModelStore.open(store());
    store.push(new ModelDraft(name, number, "tensorflow", signature, Map.of()), files);
    store.alias(name, "production", number);
  }

  /** Plans a job that is written as {@code job.yaml}. */
  public PlannedPipeline plan(String yaml, Map<String, String> flinkOverrides) {
    ParsedPipeline parsed =
        new PipelineReader(Map.of()).read("job.yaml", directory, directory, yaml);
    return new PipelineComposer(store(), flinkOverrides)
        .plan(parsed.definition(), parsed::locationOf);
  }
}
