package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code plan} and {@code run} are told about a job. */
final class JobOptions {
  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
  private Path job = Path.of("");

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "An option of Flink that wins over the job's own.")
  private Map<String, String> flinkOptions = new LinkedHashMap<>();

  @Mixin private StoreOption store = new StoreOption();

  /** The job, planned. A store that the job names itself wins over the environment's. */
  PlannedPipeline plan(Map<String, String> environment) {
    ParsedPipeline parsed = new PipelineReader(environment).read(job);
    String fallback = store.given().orElseGet(() -> StoreOption.fallback(environment));
    return new PipelineComposer(fallback, flinkOptions)
        .plan(parsed.definition(), parsed.locations()::of);
  }
}
