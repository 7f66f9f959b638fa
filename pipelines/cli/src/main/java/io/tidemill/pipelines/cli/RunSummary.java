package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.run.RunFigures;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a run did, for JSON and for people.
 *
 * @param outcome finished, stopped or failed
 * @param begins how it began
 * @param seconds from its start to its end
 * @param peakMemoryBytes the most that the process has had; of the heap where the system does not
 *     tell
 * @param versions of what it ran with, by name; a model's is with its step
 * @param next what to do now
 */
record RunSummary(
    String job,
    String outcome,
    String begins,
    double seconds,
    double recordsPerSecond,
    RunFigures figures,
    long peakMemoryBytes,
    Map<String, String> versions,
    String next) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  static RunSummary of(
      String job, String outcome, String begins, double seconds, RunFigures figures, String next) {
    return new RunSummary(
        job,
        outcome,
        begins,
        seconds,
        seconds > 0 ? figures.recordsIn() / seconds : 0,
        figures,
        peakMemory(),
        Version.parts(),
        next);
  }

  private static long peakMemory() {
    try {
      Matcher peak = PEAK.matcher(Files.readString(STATUS));
      if (peak.find()) {
        return Long.parseLong(peak.group(1)) << 10;
      }
    } catch (IOException notThisSystem) {
      // The heap alone, below.
    }
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }

  void print(PrintWriter out) {
    line(
        out,
        "records in",
        "%,d in %.1f s, %,.0f/s",
        figures.recordsIn(),
        seconds,
        recordsPerSecond);
    line(out, "predictions", "%,d", figures.predictions());
    line(
        out,
        "dead letters",
        "%,d%s",
        figures.allDeadLetters(),
        figures.deadLetters().entrySet().stream()
            .map(cause -> ", %s %,d".formatted(cause.getKey(), cause.getValue()))
            .collect(Collectors.joining()));
    for (RunFigures.Step step : figures.steps()) {
      line(
          out,
          step.step(),
          "%s: %,d batches, fill %.2f; encode %.2f s, model %.2f s, decode %.2f s, back-pressure %.2f s",
          step.model(),
          step.batches(),
          step.fill(),
          step.encodeSeconds(),
          step.modelSeconds(),
          step.decodeSeconds(),
          step.backPressuredSeconds());
    }
    if (figures.restarts() > 0) {
      line(out, "restarts", "%d, after which records count again", figures.restarts());
    }
    line(out, "peak memory", "%s", new ByteSize(peakMemoryBytes));
    line(
        out,
        "versions",
        "%s",
        versions.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(part -> part.getKey() + " " + part.getValue())
            .collect(Collectors.joining(", ")));
    line(out, "next", "%s", next);
  }

  private static void line(PrintWriter out, String subject, String format, Object... values) {
    out.printf(Locale.ROOT, "%-12s ", subject);
    out.printf(Locale.ROOT, format + "%n", values);
  }
}
