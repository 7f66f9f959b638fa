package io.tidemill.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * One side of a duel, and what its turns came to.
 *
 * <p>Not thread-safe; all turns are taken by one thread.
 */
final class EngineTurns {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Call call;
  private final int batch;
  private long records;
  private long nanos;
  private long cpuNanos;
  private long bytes;

  /** One call of a model, by whatever API. */
  interface Call {
    void call() throws Exception;
  }

  EngineTurns(Call call, int batch) {
    this.call = call;
    this.batch = batch;
  }

  /** Calls again and again for this long. Blocks. */
  void take(Duration length) throws Exception {
    ProcessCpu cpu = ProcessCpu.sinceNow();
    long bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    long elapsed = 0;
    while (elapsed < length.toNanos()) {
      call.call();
      records += batch;
      elapsed = System.nanoTime() - start;
    }
    nanos += elapsed;
    bytes += THREADS.getCurrentThreadAllocatedBytes() - bytesBefore;
    cpuNanos += cpu.untilNow();
  }

  /** Counts from now on. */
  void forget() {
    records = 0;
    nanos = 0;
    cpuNanos = 0;
    bytes = 0;
  }

  /** All turns that are not forgotten. */
  Measurement measurement() {
    return Measurement.ofRecords(records, nanos, cpuNanos, bytes);
  }
}
