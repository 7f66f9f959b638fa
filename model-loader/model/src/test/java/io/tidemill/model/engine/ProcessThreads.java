package io.tidemill.model.engine;

import java.io.File;
import java.util.concurrent.CompletableFuture;

/** The threads that this process has, whoever started them, as Linux counts them. */
public final class ProcessThreads {
  private ProcessThreads() {}

  public static int count() {
    String[] threads = new File("/proc/self/task").list();
    if (threads == null) {
      throw new IllegalStateException("/proc/self/task cannot be listed (expected: Linux)");
    }
    return threads.length;
  }

  /**
   * How many more there are after a task of a thread that has called no engine before: OpenMP keeps
   * its threads for the thread that calls, as long as that lives.
   */
  public static int startedBy(Runnable task) {
    CompletableFuture<Integer> started = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                int before = count();
                task.run();
                started.complete(count() - before);
              } catch (Throwable e) {
                started.completeExceptionally(e);
              }
            });
    caller.start();
    return started.join();
  }
}
