package io.tidemill.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/**
 * Heap bytes that the threads of this process allocated since an instant. A thread that ended
 * meanwhile is not counted, so it is right for what runs steadily.
 *
 * <p>Immutable.
 */
final class AllocatedBytes {
  private final Map<Long, Long> before;

  private AllocatedBytes(Map<Long, Long> before) {
    this.before = before;
  }

  static AllocatedBytes sinceNow() {
    return new AllocatedBytes(byThread());
  }

  long untilNow() {
    long bytes = 0;
    for (Map.Entry<Long, Long> thread : byThread().entrySet()) {
      bytes += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return bytes;
  }

  private static Map<Long, Long> byThread() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids = threads.getAllThreadIds();
    long[] bytes = threads.getThreadAllocatedBytes(ids);
    Map<Long, Long> byThread = new HashMap<>();
    for (int i = 0; i < ids.length; i++) {
      // Negative for a thread that has just ended.
      if (bytes[i] >= 0) {
        byThread.put(ids[i], bytes[i]);
      }
    }
    return byThread;
  }
}
