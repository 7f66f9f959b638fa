package io.tidemill.inference.operator;

import io.tidemill.model.columnar.ColumnMemory;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * The process's direct memory, which Arrow's is a part of, and what of it is promised to steps.
 *
 * <p>Thread-safe.
 */
public final class DirectMemory {
  /** Of this process. */
  static final DirectMemory OF_PROCESS =
      new DirectMemory(ProcessMemory.ofThis().directBytes(), DirectMemory::usedByOthers);

  private final long limit;
  private final LongSupplier usedByOthers;
  private long promised;

  /**
   * A direct memory.
   *
   * @param limit its bytes, all of them
   * @param usedByOthers bytes that are taken by others than steps
   */
  DirectMemory(long limit, LongSupplier usedByOthers) {
    this.limit = limit;
    this.usedByOthers = usedByOthers;
  }

  /** Memory that a step may use until it gives it back; a second time does nothing. */
  final class Promise implements AutoCloseable {
    private long bytes;

    private Promise(long bytes) {
      this.bytes = bytes;
    }

    /** Gives back all but so many bytes, of what is still promised. */
    void keepOnly(long kept) {
      synchronized (DirectMemory.this) {
        long left = Math.min(bytes, kept);
        promised -= bytes - left;
        bytes = left;
      }
    }

    @Override
    public void close() {
      keepOnly(0);
    }
  }

  /**
   * Promises so much memory to a step.
   *
   * @throws InferenceException if it is not there for all steps at once
   */
  synchronized Promise promise(Step step, long bytes) {
    long free = limit - usedByOthers.getAsLong() - promised;
    if (bytes > free) {
      throw step.lackOfMemory(
          "direct memory: %d bytes, of which other steps of this process and Flink leave %d (expected: >= %d for this subtask); raise taskmanager.memory.task.off-heap.size, or -XX:MaxDirectMemorySize where no TaskManager sets it, or lower max-size, max-in-flight or the step's memory limit"
              .formatted(limit, Math.max(0, free), bytes));
    }
    promised += bytes;
    return new Promise(bytes);
  }

  /** Bytes that steps may use now. */
  synchronized long promised() {
    return promised;
  }

  private static long usedByOthers() {
    long used = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      used += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return Math.max(0, used - ColumnMemory.allocatedBytes());
  }
}
