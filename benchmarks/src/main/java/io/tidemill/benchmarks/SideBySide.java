package io.tidemill.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures the ways to score a stream side by side, one after another, and prints one table.
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
      report = measure(asked, System.err);
    } catch (UsageException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    System.out.println(asked.json() ? ReportJson.print(report) : ReportTable.print(report));
  }

  static Report measure(Arguments asked, PrintStream progress) throws Exception {
    Path root = Files.createTempDirectory("tidemill-benchmarks");
    try {
      Workloads workloads = Workloads.write(root);
      List<Figure> figures = Figures.all(workloads);
      List<Variant> variants = Variants.chosen(workloads, figures, asked.only());
      Report report = new Report(asked.seconds(), asked.rounds(), figures);
      OwnProcess process = new OwnProcess(root);
      Settings settings = Settings.ofSeconds(asked.seconds());
      int count = asked.rounds() * variants.size();
      int done = 0;
      for (int round = 0; round < asked.rounds(); round++) {
        for (Variant variant : variants) {
          done++;
          progress.printf("%d/%d %s%n", done, count, variant.name());
          report.add(
              variant,
              variant instanceof ProcessVariant own
                  ? process.measure(own, settings)
                  : variant.measure(settings));
        }
      }
      return report;
    } finally {
      delete(root);
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
