package io.tidemill.inference.operator;

import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.lang.management.ThreadMXBean;
import java.util.List;
import java.util.function.Supplier;

/** Processor time, in nanoseconds since an arbitrary origin. Task thread only. */
interface ProcessorUse {
  /** That this process may use at once. */
  int processors();

  /** Used by all of the process. */
  long processNanos();

  /** Used by the step's task thread and its workers. */
  long stepNanos();

  /** As the JVM counts it; where it does not, the process seems to use every processor. */
  static ProcessorUse of(NanoClock clock, Supplier<List<Thread>> workers) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    return new ProcessorUse() {
      @Override
      public int processors() {
        return Runtime.getRuntime().availableProcessors();
      }

      @Override
      public long processNanos() {
        return system instanceof com.sun.management.OperatingSystemMXBean counting
            ? counting.getProcessCpuTime()
            : processors() * clock.nanos();
      }

      @Override
      public long stepNanos() {
        if (!threads.isThreadCpuTimeSupported()) {
          return 0;
        }
        long nanos = threads.getCurrentThreadCpuTime();
        for (Thread worker : workers.get()) {
          nanos += Math.max(0, threads.getThreadCpuTime(worker.getId()));
        }
        return nanos;
      }
    };
  }
}
