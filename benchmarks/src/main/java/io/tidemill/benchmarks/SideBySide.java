package io.tidemill.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures the ways to score a stream side by side, one after another in this process, and prints
 * one table.
 *
 * <p>Progress goes to standard error, the result to standard output.
 */
public final class SideBySide {
  private SideBySide() {}

  public static void main(String[] arguments) throws Exception {
    Arguments asked;
    try {
      asked = Arguments.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    Report report = measure(asked, System.err);
    System.out.println(asked.json() ? report.json() : report.table());
  }

  static Report measure(Arguments asked, PrintStream progress) throws Exception {
    Path root = Files.createTempDirectory("tidemill-benchmarks");
    try {
      List<Variant> variants =
          Variants.all(root).stream().filter(variant -> asked.wants(variant.name())).toList();
      Report report = new Report(asked.seconds());
      for (int i = 0; i < variants.size(); i++) {
        Variant variant = variants.get(i);
        progress.printf("%d/%d %s%n", i + 1, variants.size(), variant.name());
        report.add(variant, variant.recordsPerSecond(Settings.ofSeconds(asked.seconds())));
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
