package io.tidemill.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A job that ends: a turn is the whole of it, from its making to its last file, in a JVM that has
 * done it before. The first times, which compile, are its warm-up.
 *
 * @param floor what it is compared with in the table
 * @param group of those that take turns
 * @param output what it leaves; those of the time before are deleted first
 */
record BulkJob(String name, String floor, String group, Work work, BulkOutput output)
    implements ProcessVariant {
  /** Of a run's processor time; where the compiler takes more, the job is not warm. */
  private static final double STILL_COMPILING = 0.05;

  /** Times the least warm-up: the compiler's time is by the clock, and others may hold it up. */
  private static final int MOST = 4;

  /** What is done again and again. */
  interface Work extends Serializable {
    /** Does all of it. Blocks. */
    void run() throws Exception;

    /** As {@link ProcessVariant#options}. */
    default List<String> options() {
      return List.of();
    }

    /** As {@link ProcessVariant#classPath}. */
    default String classPath() {
      return System.getProperty("java.class.path");
    }
  }

  @Override
  public List<String> options() {
    return work.options();
  }

  @Override
  public String classPath() {
    return work.classPath();
  }

  @Override
  public void measure(Turns turns) throws Exception {
    // Of processors: what else the machine does keeps the compiler waiting as well.
    long least = turns.warmUp().toNanos();
    long startNanos = cpuNanos();
    long spentNanos;
    double compiling;
    do {
      long beganNanos = cpuNanos();
      long compiledMillis = compiledMillis();
      run();
      long endedNanos = cpuNanos();
      spentNanos = endedNanos - startNanos;
      compiling =
          (double) TimeUnit.MILLISECONDS.toNanos(compiledMillis() - compiledMillis)
              / (endedNanos - beganNanos);
    } while (spentNanos < least || (compiling > STILL_COMPILING && spentNanos < MOST * least));
    while (turns.next().isPresent()) {
      turns.end(run());
    }
  }

  private Measurement run() throws Exception {
    output.clear();
    long cpuNanos = cpuNanos();
    long startNanos = System.nanoTime();
    work.run();
    long nanos = System.nanoTime() - startNanos;
    return Measurement.ofJob(output.input().rows(), nanos, cpuNanos() - cpuNanos);
  }

  private static long compiledMillis() {
    return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }

  private static long cpuNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** Flink's vectorized reader alone, in one thread. */
  record RawRead(BulkInput input) implements Work {
    @Override
    public void run() throws IOException {
      long[] rows = {0};
      new ParquetBatches(input.table().rowType())
          .read(Path.of(input.folder()), batch -> rows[0] += batch.getNumRows());
      if (rows[0] != input.rows()) {
        throw new IllegalStateException(
            "rows read: %d (expected: %d)".formatted(rows[0], input.rows()));
      }
    }
  }
}
