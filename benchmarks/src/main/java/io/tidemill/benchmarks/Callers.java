package io.tidemill.benchmarks;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Runs one loop in several threads, outside Flink, and measures it. */
final class Callers {
  private Callers() {}

  /** What every thread does while {@link Meter#awaitTurn} says so. */
  interface Loop {
    void run(Meter meter) throws Exception;
  }

  static void measure(String name, int callers, Turns turns, Loop loop) throws Exception {
    try (Meter meter = Meter.open(name)) {
      measure(meter, callers, turns, loop);
    }
  }

  /** The same, with a meter that stays the caller's. */
  static void measure(Meter meter, int callers, Turns turns, Loop loop) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(callers);
    try {
      CompletableFuture<?>[] ends = new CompletableFuture<?>[callers];
      for (int i = 0; i < callers; i++) {
        ends[i] = CompletableFuture.runAsync(() -> run(loop, meter), threads);
      }
      meter.measure(turns, CompletableFuture.allOf(ends));
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
