package io.tidemill.benchmarks;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of {@code benchmarks/run bulk}.
 *
 * @param rows of the jobs that are compared
 * @param turns of each variant
 * @param memory the numbers of rows at which a process is measured
 * @param files small ones, of a hundred rows each
 * @param only figures, or beginnings of the names of variants, to run; empty for all
 * @param keep folder in which the data is made, or found, and stays; null for one that goes
 */
record BulkArguments(
    int rows,
    int turns,
    List<Integer> memory,
    int files,
    List<String> only,
    @Nullable Path keep,
    boolean json) {
  static final String USAGE =
      "usage: bulk [--rows N] [--turns N] [--memory N,N] [--files N] [--only name,name]"
          + " [--keep FOLDER] [-o json] (a name is that of a figure, as in bulkOnnxRatioToLimit, or"
          + " the beginning of a variant's, as in tidemill)";

  /** Over so many files the rows are spread. */
  static final int PARTS = 10;

  private static final int DEFAULT_ROWS = 10_000_000;
  private static final int DEFAULT_TURNS = 5;
  private static final int DEFAULT_FILES = 10_000;
  private static final int MOST_ROWS = 1_000_000_000;

  /**
   * Reads the command line.
   *
   * @throws UsageException naming the argument that is wrong
   */
  static BulkArguments parse(String... arguments) {
    CommandLine line = new CommandLine(USAGE, arguments);
    int rows = DEFAULT_ROWS;
    int turns = DEFAULT_TURNS;
    List<Integer> memory = List.of(1_000_000, 10_000_000);
    int files = DEFAULT_FILES;
    List<String> only = List.of();
    Path keep = null;
    boolean json = false;
    while (line.hasNext()) {
      switch (line.next()) {
        case "--rows" -> rows = line.positive(MOST_ROWS);
        case "--turns" -> turns = line.positive(99);
        case "--memory" -> memory = line.positives(MOST_ROWS);
        case "--files" -> files = line.positive(MOST_ROWS);
        case "--only" -> only = List.of(line.value().split(",", -1));
        case "--keep" -> keep = Path.of(line.value()).toAbsolutePath();
        case "-o" -> json = line.json();
        default -> throw line.unknown();
      }
    }
    whole("--rows", rows, PARTS);
    whole("--files", files, PARTS);
    for (int one : memory) {
      whole("--memory", one, rows / PARTS);
    }
    return new BulkArguments(rows, turns, memory, files, only, keep, json);
  }

  private static void whole(String argument, int value, int part) {
    if (value % part != 0) {
      throw new UsageException(
          "%s: '%d' (expected: a multiple of %d)".formatted(argument, value, part));
    }
  }
}
