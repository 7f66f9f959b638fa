package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** When a process printed what tells of a stage of its start. Not thread-safe. */
final class WatchedOutput {
  private static final double NANOS = 1e9;

  private final Path log;
  private final Map<String, String> stages;
  private final long startNanos;
  private final Map<String, Double> seconds = new TreeMap<>();

  /**
   * Watches what goes to a file.
   *
   * @param stages by name, each with words that only its line has
   */
  WatchedOutput(Path log, Map<String, String> stages, long startNanos) {
    this.log = log;
    this.stages = stages;
    this.startNanos = startNanos;
  }

  void look() throws IOException {
    if (seconds.size() < stages.size() && Files.exists(log)) {
      String printed = Files.readString(log);
      double now = (System.nanoTime() - startNanos) / NANOS;
      stages.forEach(
          (stage, words) -> {
            if (printed.contains(words)) {
              seconds.putIfAbsent(stage, now);
            }
          });
    }
  }

  /** Seconds from the start of the process to each stage that it has reached. */
  Map<String, Double> seconds() {
    return Map.copyOf(seconds);
  }
}
