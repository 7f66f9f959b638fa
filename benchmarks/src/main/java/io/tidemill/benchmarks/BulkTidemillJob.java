package io.tidemill.benchmarks;

import static java.util.stream.Collectors.joining;

import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A job file, planned and run in this process as {@code tidemill run} does.
 *
 * @param file the job's
 */
record BulkTidemillJob(String file) implements BulkJob.Work {

  /**
   * Writes a job file.
   *
   * @param model as a job names it
   * @param input what it reads
   * @param output folder that it writes, perhaps with a template for the date
   * @param passed columns that are written beside the identity and the score
   */
  static BulkTidemillJob write(
      Path file, Path store, String model, BulkInput input, Path output, List<String> passed)
      throws IOException {
    String name = file.getFileName().toString().replace(".yaml", "");
    String yaml =
        """
        name: %s
        mode: batch
        store: %s
        source: { connector: filesystem, path: '%s', format: parquet, columns: { %s } }
        steps:
          - id: score
            model: %s
            input: { features: [%s] }
            output: { score: score }
            batching: { max-size: %d }
            resources: { device: cpu, parallelism: %d }
        sink: { connector: filesystem, path: '%s', format: parquet, columns: { id: BIGINT, %sscore: FLOAT } }
        """
            .formatted(
                name,
                store.toUri(),
                input.folder(),
                input.table().declared(": "),
                model,
                String.join(", ", input.table().modelColumns()),
                PlainFlinkJob.BATCH,
                PlainFlinkJob.PARALLELISM,
                output,
                passed.stream().map(column -> column + ": FLOAT, ").collect(joining()));
    Files.writeString(file, yaml);
    return new BulkTidemillJob(file.toString());
  }

  @Override
  public void run() throws InterruptedException {
    ParsedPipeline parsed = new PipelineReader(Map.of(), null).read(Path.of(file));
    PipelineComposer composer = new PipelineComposer("./models", Map.of());
    EmbeddedFlink.start(composer.plan(parsed.definition(), parsed::locationOf)).await();
  }
}
