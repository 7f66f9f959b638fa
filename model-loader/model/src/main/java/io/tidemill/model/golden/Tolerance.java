package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.Subject;
import java.util.Map;

/**
 * How far a float may be from the expected one: {@code absolute + relative × |expected|}. Other
 * elements are exact.
 *
 * @param absolute at least 0
 * @param relative at least 0
 */
record Tolerance(double absolute, double relative) {
  private static final String ABSOLUTE_KEY = "absolute-tolerance";
  private static final String RELATIVE_KEY = "relative-tolerance";

  /** Wide enough for another processor's rounding of float32, not for another model. */
  static final Tolerance DEFAULT = new Tolerance(1e-6, 1e-5);

  /**
   * What a file's metadata says; the default where it says nothing.
   *
   * @throws InvalidModelException if it says something else than a number of at least 0
   */
  static Tolerance of(Subject file, Map<String, String> metadata) {
    return new Tolerance(
        number(file, metadata, ABSOLUTE_KEY, DEFAULT.absolute),
        number(file, metadata, RELATIVE_KEY, DEFAULT.relative));
  }

  private static double number(
      Subject file, Map<String, String> metadata, String key, double fallback) {
    String text = metadata.getOrDefault(key, String.valueOf(fallback));
    try {
      double value = Double.parseDouble(text);
      if (value >= 0 && Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // Refused as any other value that is no tolerance.
    }
    throw new InvalidModelException(
        file, "%s: '%s' (expected: a number >= 0)".formatted(key, text), null);
  }

  /** As a file's metadata has it. */
  Map<String, String> metadata() {
    return Map.of(ABSOLUTE_KEY, String.valueOf(absolute), RELATIVE_KEY, String.valueOf(relative));
  }

  /**
   * How many times the allowance two floats are apart; more than 1 is too far. NaN is as NaN, and
   * an infinite number as itself.
   */
  double excess(double expected, double got) {
    if (Double.compare(expected, got) == 0 || expected == got) {
      return 0;
    }
    double difference = Math.abs(got - expected);
    double allowed = absolute + relative * Math.abs(expected);
    return Double.isFinite(difference) && allowed > 0
        ? difference / allowed
        : Double.POSITIVE_INFINITY;
  }
}
