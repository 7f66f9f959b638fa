package io.tidemill.pipelines.compose;

import io.tidemill.connectors.record.CheckpointPlan;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.ResourcesDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Flink's own configuration for a job: what the job says, and defaults where it says nothing.
 *
 * @param configuration not to be changed
 */
record FlinkSettings(Configuration configuration, ExecutionMode mode) {
  /** How long a failed job may take until it has its state back, for transactions to outlive it. */
  static final Duration LONGEST_RESTART = Duration.ofMinutes(5);

  /** In the place of options that are refused. */
  static final Map<String, String> ASSUMED =
      Map.of(CheckpointingOptions.CHECKPOINTING_INTERVAL.key(), "1 min");

  /**
   * The settings of a job.
   *
   * @param options the job's own and those that win over them, each of which Flink reads
   * @throws IllegalArgumentException if an option has a value that this job cannot have
   */
  static FlinkSettings of(PipelineDefinition job, Map<String, String> options) {
    Configuration configuration = Configuration.fromMap(options);
    configuration.set(PipelineOptions.NAME, job.name());
    RuntimeExecutionMode mode =
        job.mode() == ExecutionMode.BATCH
            ? RuntimeExecutionMode.BATCH
            : RuntimeExecutionMode.STREAMING;
    if (configuration.getOptional(ExecutionOptions.RUNTIME_MODE).orElse(mode) != mode) {
      throw new IllegalArgumentException(
          "execution.runtime-mode: %s in a job of mode %s (expected: none; 'mode' says it)"
              .formatted(configuration.get(ExecutionOptions.RUNTIME_MODE), job.mode().label()));
    }
    configuration.set(ExecutionOptions.RUNTIME_MODE, mode);
    if (!configuration.contains(PipelineOptions.OBJECT_REUSE)) {
      // Safe here: a step copies what it keeps unless its source hands on fresh records.
      configuration.set(PipelineOptions.OBJECT_REUSE, true);
    }
    if (!configuration.contains(CoreOptions.DEFAULT_PARALLELISM)) {
      // Whatever surrounds a step chains with it, as a link between tasks costs more than scoring.
      configuration.set(CoreOptions.DEFAULT_PARALLELISM, largestParallelism(job));
    }
    check(configuration);
    return new FlinkSettings(configuration, job.mode());
  }

  CheckpointPlan checkpoints() {
    return new CheckpointPlan(
        configuration.getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL),
        LONGEST_RESTART,
        mode == ExecutionMode.BATCH);
  }

  private static int largestParallelism(PipelineDefinition job) {
    return job.steps().stream()
        .map(StepDefinition::resources)
        .map(ResourcesDefinition::parallelism)
        .filter(Objects::nonNull)
        .mapToInt(Integer::intValue)
        .max()
        .orElse(1);
  }

  private static void check(Configuration configuration) {
    CheckpointingMode mode = configuration.get(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE);
    if (mode != CheckpointingMode.EXACTLY_ONCE) {
      throw new IllegalArgumentException(
          "execution.checkpointing.mode: "
              + mode
              + " (expected: EXACTLY_ONCE; choose a weaker guarantee at the sink)");
    }
    // Flink has limits of its own, such as on the interval of checkpoints.
    StreamExecutionEnvironment.getExecutionEnvironment(new Configuration(configuration));
  }
}
