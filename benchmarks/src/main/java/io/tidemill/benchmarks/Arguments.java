package io.tidemill.benchmarks;

import java.util.List;

/**
 * What was asked on the command line.
 *
 * @param seconds measured per variant
 * @param only beginnings of the names to run; empty for all
 * @param json whether the result is printed as one JSON object
 */
record Arguments(int seconds, List<String> only, boolean json) {
  static final String USAGE =
      "usage: side-by-side [--seconds N] [--only name,name] [-o json] (names are given by their beginning, as in raw-mlp)";

  private static final int DEFAULT_SECONDS = 10;

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException naming the argument that is wrong
   */
  static Arguments parse(String... arguments) {
    int seconds = DEFAULT_SECONDS;
    List<String> only = List.of();
    boolean json = false;
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--seconds" -> seconds = positive(value(arguments, ++i));
        case "--only" -> only = List.of(value(arguments, ++i).split(",", -1));
        case "--json" -> json = true;
        case "-o" -> json = format(value(arguments, ++i));
        default -> throw new IllegalArgumentException("argument: '" + arguments[i] + "'; " + USAGE);
      }
    }
    return new Arguments(seconds, only, json);
  }

  private static String value(String[] arguments, int index) {
    if (index >= arguments.length) {
      throw new IllegalArgumentException(
          arguments[index - 1] + ": no value (expected: one); " + USAGE);
    }
    return arguments[index];
  }

  private static int positive(String text) {
    if (!text.matches("[1-9]\\d{0,4}")) {
      throw new IllegalArgumentException("--seconds: '" + text + "' (expected: 1 to 99999)");
    }
    return Integer.parseInt(text);
  }

  private static boolean format(String text) {
    if (!text.equals("json")) {
      throw new IllegalArgumentException("-o: '" + text + "' (expected: json)");
    }
    return true;
  }

  boolean wants(String name) {
    return only.isEmpty() || only.stream().anyMatch(name::startsWith);
  }
}
