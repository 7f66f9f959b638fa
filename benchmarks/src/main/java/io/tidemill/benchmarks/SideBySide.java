package io.tidemill.benchmarks;

import static java.util.stream.Collectors.joining;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the ways to score a stream side by side and prints one table.
 *
 * <p>Progress goes to standard error, the result to standard output.
 */
public final class SideBySide {
  private SideBySide() {}

  public static void main(String[] arguments) throws Exception {
    Report report;
    Arguments asked;
    try {
      asked = Arguments.parse(arguments);
      report = measure(asked, Settings.ofSeconds(asked.seconds()), System.err);
    } catch (UsageException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    System.out.println(asked.json() ? ReportJson.print(report) : ReportTable.print(report));
  }

  static Report measure(Arguments asked, Settings settings, PrintStream progress) throws Exception {
    try (WorkFolder folder = WorkFolder.create()) {
      Path root = folder.path();
      Workloads workloads = Workloads.write(root);
      List<Figure> figures = Figures.all(workloads);
      List<Variant> variants =
          Variants.chosen(Variants.all(workloads, figures), figures, asked.only());
      Report report =
          new Report(
              Map.of("seconds", (long) asked.seconds(), "rounds", (long) asked.rounds()), figures);
      int count = asked.rounds() * variants.size();
      int done = 0;
      for (int round = 0; round < asked.rounds(); round++) {
        for (List<Variant> together : byGroup(variants)) {
          done += together.size();
          progress.printf(
              "%d/%d %s%n",
              done, count, together.stream().map(Variant::name).collect(joining(", ")));
          report(together, settings, root, report);
        }
      }
      return report;
    }
  }

  /** Those that are compared, in the order in which they stand. */
  static <T extends Variant> Collection<List<T>> byGroup(List<T> variants) {
    Map<String, List<T>> byGroup = new LinkedHashMap<>();
    variants.forEach(
        variant ->
            byGroup.computeIfAbsent(variant.group(), group -> new ArrayList<>()).add(variant));
    return byGroup.values();
  }

  private static void report(List<Variant> together, Settings settings, Path folder, Report report)
      throws Exception {
    Map<Variant, Measurement> measuredHere = new LinkedHashMap<>();
    try (Contest contest = new Contest()) {
      for (Variant variant : together) {
        if (variant instanceof EngineCalls calls) {
          measuredHere.put(calls, calls.measure(settings));
        } else {
          contest.enter((ProcessVariant) variant, settings.warmUp(), folder);
        }
      }
      if (measuredHere.isEmpty()) {
        contest.run(settings.laps(), settings.turn()).forEach(report::add);
      } else {
        report.add(measuredHere);
      }
    }
  }
}
