package io.tidemill.pipelines.compose;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.operator.ProcessMemory;
import io.tidemill.model.store.ByteSize;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;

/**
 * What a job takes of memory where all of it runs in one process, as far as it is known before.
 * Immutable.
 *
 * @param stepBytes of Arrow's, the most that steps and their subtasks take at once
 * @param networkBytes of Flink between its tasks, which it takes at the start
 * @param heapBytes about what the records of full batches take of the heap, with Flink and what it
 *     reads and writes files with
 * @param process what this process has
 */
public record MemoryNeed(long stepBytes, long networkBytes, long heapBytes, ProcessMemory process) {
  /** Flink's own for a job in its caller's process. */
  private static final MemorySize USUAL_NETWORK = MemorySize.ofMebiBytes(64);

  /** What others take of direct memory in such a process, such as its connections. */
  private static final long SPARE_BYTES = 64L << 20;

  /** Flink, the clients of a broker, and what is collected from time to time. */
  private static final long FLINK_HEAP_BYTES = 192L << 20;

  /** Of each subtask: records on their way, and a row group or stripe of files of columns. */
  private static final long TASK_HEAP_BYTES = 16L << 20;

  private static final long FILE_HEAP_BYTES = 128L << 20;

  /** Classes and their code, and threads. */
  private static final long JAVA_BYTES = 512L << 20;

  /** Of the heap: what its collector knows of it, beside it. */
  private static final int COLLECTOR_PART = 16;

  static MemoryNeed of(
      List<PlannedStep> steps, RecordSize record, int ofColumns, Configuration flink) {
    return new MemoryNeed(
        stepBytes(steps, flink, Integer.MAX_VALUE),
        flink.getOptional(TaskManagerOptions.NETWORK_MEMORY_MAX).orElse(USUAL_NETWORK).getBytes(),
        heapBytes(steps, record, ofColumns, flink, Integer.MAX_VALUE),
        ProcessMemory.ofThis());
  }

  /**
   * What steps take of Arrow's memory at once.
   *
   * @param most subtasks of each step, such as there are slots
   */
  static long stepBytes(List<PlannedStep> steps, Configuration flink, int most) {
    return atOnce(steps, PlannedStep::mostBytes, flink, most);
  }

  /**
   * About what full batches take of the heap at once, those that are open too, with Flink and
   * files.
   *
   * @param ofColumns how many of source and sink are files that hold many rows of a column together
   * @param most subtasks of each step, such as there are slots
   */
  static long heapBytes(
      List<PlannedStep> steps, RecordSize record, int ofColumns, Configuration flink, int most) {
    long records =
        atOnce(
            steps,
            step -> {
              BatchPolicy batching = step.definition().settings().batching();
              return (batching.maxInFlight() + 1L) * record.of(batching);
            },
            flink,
            most);
    int subtasks = steps.stream().mapToInt(step -> parallelism(step, flink)).max().orElse(1);
    return FLINK_HEAP_BYTES
        + records
        + Math.min(most, subtasks) * (TASK_HEAP_BYTES + ofColumns * FILE_HEAP_BYTES);
  }

  private static int parallelism(PlannedStep step, Configuration flink) {
    Integer said = step.definition().resources().parallelism();
    return said == null ? flink.getOptional(CoreOptions.DEFAULT_PARALLELISM).orElse(1) : said;
  }

  private static long atOnce(
      List<PlannedStep> steps,
      ToLongFunction<PlannedStep> ofSubtask,
      Configuration flink,
      int most) {
    // In a batch job a step of another parallelism begins when the one before it has ended.
    boolean batch = flink.get(ExecutionOptions.RUNTIME_MODE) == RuntimeExecutionMode.BATCH;
    long largest = 0;
    long together = 0;
    int before = 0;
    for (PlannedStep step : steps) {
      int parallelism = parallelism(step, flink);
      long bytes = ofSubtask.applyAsLong(step) * Math.min(most, parallelism);
      together = batch && parallelism != before ? bytes : together + bytes;
      largest = Math.max(largest, together);
      before = parallelism;
    }
    return largest;
  }

  /** Of so many such jobs in one process. */
  public MemoryNeed times(int jobs) {
    return new MemoryNeed(jobs * stepBytes, jobs * networkBytes, jobs * heapBytes, process);
  }

  /** Whether the process has the direct memory. */
  public boolean fits() {
    return stepBytes + networkBytes <= process.directBytes();
  }

  /** Whether the process has the heap, as far as that can be told. */
  public boolean fitsHeap() {
    return heapBytes <= process.heapBytes();
  }

  /**
   * The options with which a JVM has on this machine what this process lacks, or as much of the
   * heap as there is; none where it lacks nothing, or so little of the heap that the estimate may
   * be wrong, a person has said how much it takes, or the machine does not have the direct memory
   * beside most of the heap.
   *
   * @param nativeBytes of engines and models, beside both; asked only if it is needed
   */
  public List<String> options(LongSupplier nativeBytes) {
    boolean heapIsSmall = heapBytes > process.heapBytes() / 4 * 5;
    if (process.said() || (fits() && !heapIsSmall)) {
      return List.of();
    }
    long direct = stepBytes + networkBytes + SPARE_BYTES;
    long room = roomForHeap(direct + nativeBytes.getAsLong());
    // Records live and die in a part of it, and what collects them keeps another free.
    long heap = Math.min(room, Math.max(process.heapBytes(), heapBytes / 3 * 4));
    if (fits() ? heap <= process.heapBytes() : heap < heapBytes / 5 * 4) {
      return List.of();
    }
    List<String> options = new ArrayList<>(List.of("-Xmx%dm".formatted(heap >> 20)));
    if (direct > heap) {
      options.add("-XX:MaxDirectMemorySize=%dm".formatted(mebibytes(direct)));
    }
    return List.copyOf(options);
  }

  /**
   * The largest heap beside what else the process takes, with which the machine, or its container,
   * does not end it.
   */
  private long roomForHeap(long otherBytes) {
    long left = process.machineBytes() - otherBytes - JAVA_BYTES;
    return Math.min(left / (COLLECTOR_PART + 1) * COLLECTOR_PART, process.machineBytes() / 4 * 3);
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  /** As in "61 MiB for the steps and 64 MiB for Flink's network, of 512 MiB". */
  @Override
  public String toString() {
    return "%s for the steps and %s for Flink's network, of %s"
        .formatted(
            new ByteSize(stepBytes),
            new ByteSize(networkBytes),
            new ByteSize(process.directBytes()));
  }

  /** As in "about 210 MiB for full batches, Flink and files, of 512 MiB". */
  public String heap() {
    return "about %s for full batches, Flink and files, of %s"
        .formatted(new ByteSize(heapBytes), new ByteSize(process.heapBytes()));
  }

  /** What to say where the direct memory does not fit. */
  String refusal() {
    return "steps: direct memory: %s that this process has (expected: room for both, as with TIDEMILL_JAVA_OPTS=-XX:MaxDirectMemorySize=%dm or a larger -Xmx; or a smaller max-size or max-in-flight)"
        .formatted(this, mebibytes(stepBytes + networkBytes + SPARE_BYTES));
  }

  /** What to say where the heap may be too small. */
  public String warning() {
    return "heap: %s that this process has: it ends if its records take so much (expected: room for them, as with TIDEMILL_JAVA_OPTS=-Xmx%dm on a machine that has it; or a smaller max-size or max-in-flight)"
        .formatted(heap(), mebibytes(heapBytes));
  }
}
