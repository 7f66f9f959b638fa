package io.tidemill.benchmarks;

import io.tidemill.pipelines.cli.Tidemill;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The job with the step, as its user runs it.
 *
 * @param script the command; where it is empty, the command's program on this class path
 */
record ScoringKafkaJob(String script) implements KafkaVariant {
  @Override
  public String name() {
    return "tidemill";
  }

  @Override
  public Map<String, String> stages() {
    return Map.of("planned", " begins anew: ", "running", " runs with ");
  }

  @Override
  public ProcessBuilder process(KafkaJob job, List<String> options) throws IOException {
    Files.writeString(job.folder().resolve("record.avsc"), KafkaRecords.SCHEMA.toString());
    Path yaml = Files.writeString(job.folder().resolve("job.yaml"), yaml(job));
    List<String> run = List.of("run", yaml.toString(), "-o", "json");
    if (script.isEmpty()) {
      return new ProcessBuilder(new JavaProgram(Tidemill.class, run).command(options));
    }
    ProcessBuilder process =
        new ProcessBuilder(Stream.concat(Stream.of(script), run.stream()).toList());
    process
        .environment()
        .merge("TIDEMILL_JAVA_OPTS", String.join(" ", options), (own, more) -> own + " " + more);
    return process;
  }

  private static String yaml(KafkaJob job) {
    return """
        name: %s
        mode: streaming
        store: %s
        source:
          connector: kafka
          topic: %s
          properties.bootstrap.servers: %s
          properties.group.id: %s
          scan.startup.mode: earliest-offset
          scan.bounded.mode: latest-offset
          format: avro
          schema: record.avsc
        steps:
          - id: score
            model: %s:1.0.0
            input: { features: [%s] }
            output: { score: prediction }
            batching: { max-size: 512, max-delay: 20ms }
            resources: { device: cpu, parallelism: %d }
        sink:
          connector: kafka
          topic: %s
          format: avro
          sink.delivery-guarantee: exactly-once
        dead-letter: { connector: kafka, topic: %s-dead-letters }
        flink: { execution.checkpointing.interval: %dms }
        """
        .formatted(
            job.name(),
            job.store().toUri(),
            job.from(),
            job.bootstrapServers(),
            job.name(),
            KafkaComparison.MODEL,
            String.join(", ", KafkaRecords.FEATURE_NAMES),
            KafkaJob.PARALLELISM,
            job.to(),
            job.to(),
            KafkaJob.CHECKPOINT_MILLIS);
  }
}
