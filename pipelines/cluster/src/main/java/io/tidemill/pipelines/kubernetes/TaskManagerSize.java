package io.tidemill.pipelines.kubernetes;

import static org.apache.flink.configuration.TaskManagerOptions.MANAGED_MEMORY_FRACTION;
import static org.apache.flink.configuration.TaskManagerOptions.MANAGED_MEMORY_SIZE;
import static org.apache.flink.configuration.TaskManagerOptions.NUM_TASK_SLOTS;
import static org.apache.flink.configuration.TaskManagerOptions.TASK_HEAP_MEMORY;
import static org.apache.flink.configuration.TaskManagerOptions.TASK_OFF_HEAP_MEMORY;
import static org.apache.flink.configuration.TaskManagerOptions.TOTAL_FLINK_MEMORY;
import static org.apache.flink.configuration.TaskManagerOptions.TOTAL_PROCESS_MEMORY;

import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import java.util.Optional;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.IllegalConfigurationException;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;

/**
 * How large a TaskManager of a job is, by what its plan knows; what the job or a person says wins.
 * Immutable.
 *
 * @param offHeap for Arrow, and for what engines take beside Flink's budgets
 * @param managed for state that is not on the heap
 * @param process all of it
 */
record TaskManagerSize(int slots, MemorySize offHeap, MemorySize managed, MemorySize process) {
  /** A copy of a model serves all slots, and the failure of a process takes all of them. */
  private static final int MOST_SLOTS = 4;

  private static final long STEP = 64L << 20;
  private static final long HEAP = 512L << 20;
  private static final long SLOT = 256L << 20;

  /**
   * That of a job.
   *
   * @throws InvalidPipelineException if what is said is too small
   */
  static TaskManagerSize of(PlannedPipeline job, int parallelism) {
    Configuration wanted = job.configuration();
    int slots = wanted.getOptional(NUM_TASK_SLOTS).orElse(Math.min(parallelism, MOST_SLOTS));
    MemorySize needed = job.offHeap(slots);
    MemorySize offHeap = wanted.getOptional(TASK_OFF_HEAP_MEMORY).orElse(needed);
    if (offHeap.compareTo(needed) < 0) {
      throw refused(
          job,
          "%s: %s (expected: >= %s, for Arrow, the engines and their models in %d slots; or none, to have it worked out)"
              .formatted(TASK_OFF_HEAP_MEMORY.key(), shown(offHeap), shown(needed), slots));
    }
    wanted.set(TASK_OFF_HEAP_MEMORY, offHeap);
    Optional<MemorySize> said = wanted.getOptional(TOTAL_PROCESS_MEMORY);
    if (!wanted.contains(MANAGED_MEMORY_SIZE)
        && (said.isEmpty() || !wanted.contains(MANAGED_MEMORY_FRACTION))) {
      wanted.set(MANAGED_MEMORY_SIZE, new MemorySize(keepsStateOutside(wanted) ? slots * SLOT : 0));
    }
    if (said.isEmpty()
        && !wanted.contains(TOTAL_FLINK_MEMORY)
        && !wanted.contains(TASK_HEAP_MEMORY)) {
      wanted.set(
          TASK_HEAP_MEMORY, new MemorySize(Math.max(HEAP + slots * SLOT, job.heapBytes(slots))));
    }
    try {
      TaskExecutorProcessSpec spec = TaskExecutorProcessUtils.processSpecFromConfig(wanted);
      long bytes = spec.getTotalProcessMemorySize().getBytes();
      return new TaskManagerSize(
          slots,
          offHeap,
          spec.getManagedMemorySize(),
          said.orElse(new MemorySize((bytes + STEP - 1) / STEP * STEP)));
    } catch (IllegalConfigurationException tooSmall) {
      throw refused(
          job,
          "taskmanager.memory: %s (expected: room for %s off the heap; or no taskmanager.memory.*, to have it worked out)"
              .formatted(tooSmall.getMessage(), shown(offHeap)));
    }
  }

  private static boolean keepsStateOutside(Configuration flink) {
    return !flink.get(StateBackendOptions.STATE_BACKEND).equals("hashmap");
  }

  private static String shown(MemorySize size) {
    return new ByteSize(size.getBytes()).toString();
  }

  private static InvalidPipelineException refused(PlannedPipeline job, String message) {
    return InvalidPipelineException.at(job.locationOf("flink"), message);
  }

  /** As Flink and its operator read it. */
  static String text(MemorySize size) {
    return size.getMebiBytes() + "m";
  }
}
