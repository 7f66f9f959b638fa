package io.tidemill.benchmarks;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs the ways to score a folder of Parquet files side by side, and prints what they come to.
 *
 * <p>Progress goes to standard error, the result to standard output.
 */
public final class BulkComparison {
  /** The script that users start; without it, the command runs on this class path. */
  private static final String SCRIPT = "tidemill.benchmarks.script";

  /** The file with Spark's class path; without it, Spark is left out. */
  private static final String SPARK = "tidemill.benchmarks.spark";

  private static final Duration WARM_UP = Duration.ofSeconds(20);

  /** Of what does not end by itself: a model alone. */
  private static final Duration TURN = Duration.ofSeconds(2);

  private BulkComparison() {}

  public static void main(String[] arguments) throws Exception {
    BulkArguments asked;
    Report report;
    try {
      asked = BulkArguments.parse(arguments);
      report = measure(asked, System.getProperty(SCRIPT, ""), WARM_UP, TURN, System.err);
    } catch (UsageException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    System.out.println(asked.json() ? ReportJson.print(report) : ReportTable.print(report));
    // Engines leave threads behind.
    System.exit(0);
  }

  /** Measures in a folder of its own, which is deleted then. */
  static Report measure(
      BulkArguments asked, String script, Duration warmUp, Duration turn, PrintStream progress)
      throws Exception {
    try (WorkFolder folder = WorkFolder.create()) {
      BulkPlan plan = BulkPlan.of(asked, script, System.getProperty(SPARK, ""), folder.path());
      List<Variant> chosen = Variants.chosen(plan.variants(), plan.figures(), asked.only());
      Report report =
          new Report(
              Map.of("rows", (long) asked.rows(), "turns", (long) asked.turns()), plan.figures());
      for (List<ProcessVariant> together : SideBySide.byGroup(inProcesses(chosen))) {
        progress.println(together.stream().map(Variant::name).collect(joining(", ")));
        compare(together, plan, asked.turns(), warmUp, turn, folder.path(), report, progress);
      }
      for (Variant variant : chosen) {
        if (variant instanceof BulkCommand command) {
          progress.println(command.name());
          make(command.output(), progress);
          for (int i = 0; i < asked.turns(); i++) {
            report.add(Map.of(command, command.measure(folder.path())));
          }
        }
      }
      return report;
    }
  }

  /** Those that take turns, each once. */
  private static List<ProcessVariant> inProcesses(List<Variant> chosen) {
    Set<ProcessVariant> variants = new LinkedHashSet<>();
    for (Variant variant : chosen) {
      if (variant instanceof SlowerOf limit) {
        variants.add(limit.one());
        variants.add(limit.other());
      } else if (variant instanceof ProcessVariant one) {
        variants.add(one);
      }
    }
    return List.copyOf(variants);
  }

  private static void compare(
      List<ProcessVariant> together,
      BulkPlan plan,
      int turns,
      Duration warmUp,
      Duration turn,
      Path folder,
      Report report,
      PrintStream progress)
      throws IOException {
    try (Contest contest = new Contest()) {
      for (ProcessVariant variant : together) {
        if (variant instanceof BulkJob job) {
          make(job.output(), progress);
        }
        contest.enter(variant, warmUp, folder);
        check(variant);
      }
      for (Map<ProcessVariant, Measurement> lap : contest.run(turns, turn)) {
        Map<Variant, Measurement> withLimits = new LinkedHashMap<>(lap);
        plan.limits().forEach(limit -> limit.addTo(withLimits));
        report.add(withLimits);
      }
      for (ProcessVariant variant : together) {
        check(variant);
      }
    }
  }

  private static void make(BulkOutput output, PrintStream progress) throws IOException {
    progress.println("data in " + output.input().folder());
    output.input().make();
  }

  private static void check(ProcessVariant variant) throws IOException {
    if (variant instanceof BulkJob job) {
      job.output().check(job.name());
    }
  }
}
