package io.tidemill.benchmarks;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs one loop in several threads, outside Flink, and measures it. */
final class Callers {
  private Callers() {}

  /** What every thread does until the meter says stop. */
  interface Loop {
    void run(Meter meter) throws Exception;
  }

  static Measurement measure(String name, int callers, Settings settings, Loop loop)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try (Meter meter = Meter.open(name)) {
      CompletableFuture<?>[] ends = new CompletableFuture<?>[callers];
      for (int i = 0; i < callers; i++) {
        ends[i] = CompletableFuture.runAsync(() -> run(loop, meter), threads);
      }
      return meter.measure(settings, CompletableFuture.allOf(ends));
    } finally {
      threads.shutdownNow();
    }
  }

  private static void run(Loop loop, Meter meter) {
    try {
      loop.run(meter);
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }
}
