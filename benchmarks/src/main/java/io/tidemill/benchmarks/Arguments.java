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

  /**
   * Reads the command line.
   *
   * @throws UsageException naming the argument that is wrong
   */
  static Arguments parse(String... arguments) {
    int seconds = DEFAULT_SECONDS;
    int rounds = 1;
    List<String> only = List.of();
    boolean json = false;
    for (int i = 0; i < arguments.length; i++) {
      String name = arguments[i];
      switch (name) {
        case "--seconds" -> seconds = positive(name, value(arguments, ++i));
        case "--rounds" -> rounds = positive(name, value(arguments, ++i));
        case "--only" -> only = List.of(value(arguments, ++i).split(",", -1));
        case "--json" -> json = true;
        case "-o" -> json = format(value(arguments, ++i));
        default -> throw new UsageException("argument: '" + name + "'; " + USAGE);
      }
    }
    return new Arguments(seconds, rounds, only, json);
  }

  private static String value(String[] arguments, int index) {
    if (index >= arguments.length) {
      throw new UsageException(arguments[index - 1] + ": no value (expected: one); " + USAGE);
    }
    return arguments[index];
  }

  private static int positive(String argument, String text) {
    if (!text.matches("[1-9]\\d{0,4}")) {
      throw new UsageException(argument + ": '" + text + "' (expected: 1 to 99999)");
    }
    return Integer.parseInt(text);
  }

  private static boolean format(String text) {
    if (!text.equals("json")) {
      throw new UsageException("-o: '" + text + "' (expected: json)");
    }
    return true;
  }
}
