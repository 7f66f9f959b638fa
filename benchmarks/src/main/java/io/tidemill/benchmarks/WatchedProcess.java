package io.tidemill.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Linux tells of another process while it lives: the most memory that it had, and the
 * processor time of each thread. What a thread does after the last look is missed.
 *
 * <p>Not thread-safe.
 */
final class WatchedProcess {
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
  private static final double NANOS = 1e9;

  /** The beginnings of threads' names, of which Linux keeps 15 letters, and what they are for. */
  private static final Map<String, String> PURPOSES =
      Map.of(
          "C1 Compiler", "compiling",
          "C2 Compiler", "compiling",
          "GC Thread", "collecting",
          "G1 ", "collecting",
          "VM Thread", "collecting",
          "Source Data Fet", "fetching",
          "Source: ", "task",
          "kafka-producer-", "sending",
          "score", "model-workers");

  private final Path folder;
  private final Map<String, Use> threads = new HashMap<>();
  private long peakBytes;

  private record Use(String purpose, long nanos) {}

  WatchedProcess(long pid) {
    this.folder = Path.of("/proc", Long.toString(pid));
  }

  void look() {
    try {
      Matcher peak = PEAK.matcher(Files.readString(folder.resolve("status")));
      if (peak.find()) {
        peakBytes = Long.parseLong(peak.group(1)) << 10;
      }
      try (DirectoryStream<Path> tasks = Files.newDirectoryStream(folder.resolve("task"))) {
        for (Path task : tasks) {
          look(task);
        }
      }
    } catch (IOException ended) {
      // Then the last look holds.
    }
  }

  private void look(Path task) {
    try {
      String statistics = Files.readString(task.resolve("schedstat"));
      long nanos = Long.parseLong(statistics.substring(0, statistics.indexOf(' ')));
      String purpose = purpose(Files.readString(task.resolve("comm")));
      threads.put(task.getFileName().toString(), new Use(purpose, nanos));
    } catch (IOException ended) {
      // Likewise.
    }
  }

  private static String purpose(String name) {
    return PURPOSES.entrySet().stream()
        .filter(known -> name.startsWith(known.getKey()))
        .map(Map.Entry::getValue)
        .findAny()
        .orElse("other");
  }

  long peakBytes() {
    return peakBytes;
  }

  /** Seconds of processor time by what threads are for. */
  Map<String, Double> threadSeconds() {
    Map<String, Double> seconds = new TreeMap<>();
    threads.values().forEach(use -> seconds.merge(use.purpose(), use.nanos() / NANOS, Double::sum));
    return seconds;
  }
}
