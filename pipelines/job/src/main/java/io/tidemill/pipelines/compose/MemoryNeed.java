package io.tidemill.pipelines.compose;

import io.tidemill.inference.operator.DirectMemory;
import io.tidemill.model.store.ByteSize;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;

/**
 * What a job takes of direct memory where all of it runs in one process, as far as it is known
 * before. Immutable.
 *
 * @param stepBytes of Arrow's, the most that steps and their subtasks take at once
 * @param networkBytes of Flink between its tasks, which it takes at the start
 * @param processBytes what this process has
 */
public record MemoryNeed(long stepBytes, long networkBytes, long processBytes) {
  /** Flink's own for a job in its caller's process. */
  private static final MemorySize USUAL_NETWORK = MemorySize.ofMebiBytes(64);

  /** What others take in such a process, such as the buffers of its connections. */
  private static final long SPARE_BYTES = 64L << 20;

  static MemoryNeed of(List<PlannedStep> steps, Configuration flink) {
    return new MemoryNeed(
        stepBytes(steps, flink, Integer.MAX_VALUE),
        flink.getOptional(TaskManagerOptions.NETWORK_MEMORY_MAX).orElse(USUAL_NETWORK).getBytes(),
        DirectMemory.limitOfProcess());
  }

  /**
   * What steps take of Arrow's memory at once.
   *
   * @param most subtasks of each step, such as there are slots
   */
  static long stepBytes(List<PlannedStep> steps, Configuration flink, int most) {
    // In a batch job a step of another parallelism begins when the one before it has ended.
    boolean batch = flink.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
    int usual = flink.getOptional(CoreOptions.DEFAULT_PARALLELISM).orElse(1);
    long largest = 0;
    long together = 0;
    int before = 0;
    for (PlannedStep step : steps) {
      Integer said = step.definition().resources().parallelism();
      int parallelism = said == null ? usual : said;
      long bytes = step.mostBytes() * Math.min(most, parallelism);
      together = batch && parallelism != before ? bytes : together + bytes;
      largest = Math.max(largest, together);
      before = parallelism;
    }
    return largest;
  }

  /** Whether the process has it. */
  public boolean fits() {
    return stepBytes + networkBytes <= processBytes;
  }

  /** As in "61 MiB for the steps and 64 MiB for Flink's network, of 512 MiB". */
  @Override
  public String toString() {
    return "%s for the steps and %s for Flink's network, of %s"
        .formatted(new ByteSize(stepBytes), new ByteSize(networkBytes), new ByteSize(processBytes));
  }

  /** What to say where it does not fit. */
  String refusal() {
    return "steps: direct memory: %s that this process has (expected: room for both, as with TIDEMILL_JAVA_OPTS=-XX:MaxDirectMemorySize=%dm or a larger -Xmx; or a smaller max-size or max-in-flight)"
        .formatted(this, ((stepBytes + networkBytes + SPARE_BYTES) >> 20) + 1);
  }
}
