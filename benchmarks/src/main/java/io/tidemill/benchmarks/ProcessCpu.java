package io.tidemill.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time that the threads of this process used since an instant, the JVM's own and an
 * engine's too. Where Linux counts each thread's to the nanosecond it is read there, and what a
 * thread used that ended meanwhile is not in it; elsewhere it is the JVM's count, in steps of some
 * milliseconds.
 *
 * <p>Immutable.
 */
final class ProcessCpu {
  private static final Path THREADS = Path.of("/proc/self/task");

  private final long before;

  private ProcessCpu(long before) {
    this.before = before;
  }

  static ProcessCpu sinceNow() {
    return new ProcessCpu(nanos());
  }

  long untilNow() {
    return nanos() - before;
  }

  private static long nanos() {
    if (!Files.isReadable(Path.of("/proc/self/schedstat"))) {
      return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }
    long nanos = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        nanos += nanos(thread.resolve("schedstat"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return nanos;
  }

  private static long nanos(Path statistics) throws IOException {
    try {
      String line = Files.readString(statistics);
      return Long.parseLong(line.substring(0, line.indexOf(' ')));
    } catch (IOException e) {
      // One that ended before it was opened is no file; one that ended after it is no process.
      if (Files.exists(statistics)) {
        throw e;
      }
      return 0;
    }
  }
}
