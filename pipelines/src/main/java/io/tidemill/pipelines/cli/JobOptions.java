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
    return plan(environment, Map.of());
  }

  /** The same, with options of Flink that win over all others. */
  PlannedPipeline plan(Map<String, String> environment, Map<String, String> overrides) {
    ParsedPipeline parsed = new PipelineReader(environment).read(job);
    String fallback = store.given().orElseGet(() -> StoreOption.fallback(environment));
    Map<String, String> options = new LinkedHashMap<>(flinkOptions);
    options.putAll(overrides);
    return new PipelineComposer(fallback, options)
        .plan(parsed.definition(), parsed.locations()::of);
  }
}
