package io.tidemill.benchmarks;

import java.util.List;
import java.util.stream.Stream;

/** Arguments that are read one after the other. Not thread-safe. */
final class CommandLine {
  private final String usage;
  private final String[] arguments;
  private int next;

  CommandLine(String usage, String... arguments) {
    this.usage = usage;
    this.arguments = arguments;
  }

  boolean hasNext() {
    return next < arguments.length;
  }

  String next() {
    return arguments[next++];
  }

  /**
   * The value of the argument that was read last.
   *
   * @throws UsageException if there is none
   */
  String value() {
    if (!hasNext()) {
      throw new UsageException(last() + ": no value (expected: one); " + usage);
    }
    return next();
  }

  /**
   * The same, a number.
   *
   * @param most it may be
   * @throws UsageException if it is no number between 1 and that
   */
  int positive(int most) {
    String argument = last();
    return positive(argument, value(), most);
  }

  /**
   * The same, several with commas between them.
   *
   * @throws UsageException if one is no number between 1 and that
   */
  List<Integer> positives(int most) {
    String argument = last();
    return Stream.of(value().split(",", -1)).map(text -> positive(argument, text, most)).toList();
  }

  private static int positive(String argument, String text, int most) {
    int digits = Integer.toString(most).length();
    if (!text.matches("[1-9]\\d{0," + (digits - 1) + "}") || Integer.parseInt(text) > most) {
      throw new UsageException(argument + ": '" + text + "' (expected: 1 to " + most + ")");
    }
    return Integer.parseInt(text);
  }

  /**
   * Reads {@code json}, the one form but that for people.
   *
   * @throws UsageException if it is another
   */
  boolean json() {
    String text = value();
    if (!text.equals("json")) {
      throw new UsageException("-o: '" + text + "' (expected: json)");
    }
    return true;
  }

  /** The argument that was read last is none. */
  UsageException unknown() {
    return new UsageException("argument: '" + last() + "'; " + usage);
  }

  private String last() {
    return arguments[next - 1];
  }
}
