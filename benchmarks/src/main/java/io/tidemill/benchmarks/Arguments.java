package io.tidemill.benchmarks;

import java.util.List;

/**
 * What was asked on the command line.
 *
 * @param seconds measured per variant and round
 * @param rounds how often the whole list is measured
 * @param only figures, or beginnings of the names of variants, to run; empty for all
 * @param json whether the result is printed as one JSON object
 */
record Arguments(int seconds, int rounds, List<String> only, boolean json) {
  static final String USAGE =
      "usage: side-by-side [--seconds N] [--rounds N] [--only name,name] [-o json] (a name is that of"
          + " a figure, as in mlp512RatioToRaw, or the beginning of a variant's, as in raw-mlp)";

  private static final int DEFAULT_SECONDS = 10;
  private static final int MOST = 99_999;

  /**
   * Reads the command line.
   *
   * @throws UsageException naming the argument that is wrong
   */
  static Arguments parse(String... arguments) {
    CommandLine line = new CommandLine(USAGE, arguments);
    int seconds = DEFAULT_SECONDS;
    int rounds = 1;
    List<String> only = List.of();
    boolean json = false;
    while (line.hasNext()) {
      switch (line.next()) {
        case "--seconds" -> seconds = line.positive(MOST);
        case "--rounds" -> rounds = line.positive(MOST);
        case "--only" -> only = List.of(line.value().split(",", -1));
        case "--json" -> json = true;
        case "-o" -> json = line.json();
        default -> throw line.unknown();
      }
    }
    return new Arguments(seconds, rounds, only, json);
  }
}
