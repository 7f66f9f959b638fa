package io.tidemill.pipelines.compose;

import io.tidemill.inference.operator.DirectMemory;
import io.tidemill.model.store.ByteSize;
import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;

/**
 * What a job takes of direct memory where all of it runs in one process, as far as it is known
 * before. Immutable.
 *
 * @param stepBytes the most of Arrow's, of all steps and their subtasks
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
        steps.stream().mapToLong(step -> step.mostBytes() * subtasks(step, flink)).sum(),
        flink.getOptional(TaskManagerOptions.NETWORK_MEMORY_MAX).orElse(USUAL_NETWORK).getBytes(),
        DirectMemory.limitOfProcess());
  }

  private static int subtasks(PlannedStep step, Configuration flink) {
    Integer parallelism = step.definition().resources().parallelism();
    return parallelism == null
        ? flink.getOptional(CoreOptions.DEFAULT_PARALLELISM).orElse(1)
        : parallelism;
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
