package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = StoreOption.NAME,
      paramLabel = "URI",
      description = {
        "The model store, whatever the job's own 'store:' says.",
        "Default: the job's, else $" + StoreOption.VARIABLE + ", else " + StoreOption.DEFAULT + "."
      })
  private @Nullable String store;

  /** The job, planned. */
  PlannedPipeline plan(Map<String, String> environment) {
    return plan(environment, Map.of());
  }

  /** The same, with options of Flink that win over all others. */
  PlannedPipeline plan(Map<String, String> environment, Map<String, String> overrides) {
    ParsedPipeline parsed = new PipelineReader(environment).read(job);
    Map<String, String> options = new LinkedHashMap<>(flinkOptions);
    options.putAll(overrides);
    PipelineComposer composer = new PipelineComposer(StoreOption.fallback(environment), options);
    String uri = store;
    if (uri == null) {
      return composer.plan(parsed.definition(), parsed.locations()::of);
    }
    return composer.plan(
        parsed.definition().withStore(checked(uri)),
        path -> path.equals("store") ? Location.of(StoreOption.NAME) : parsed.locations().of(path));
  }

  private static String checked(String uri) {
    try {
      return PipelineDefinition.checkStore(uri);
    } catch (IllegalArgumentException blank) {
      throw new CommandFailedException(
          ExitCode.USAGE, StoreOption.NAME + ": " + blank.getMessage(), blank);
    }
  }
}
