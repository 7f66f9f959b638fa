package io.tidemill.model.golden;

import io.tidemill.model.InvalidModelException;
import java.util.Map;

/**
 * How far a float may be from the expected one: {@code absolute + relative × |expected|}. Other
 * elements are exact.
 *
 * @param absolute at least 0
 * @param relative at least 0
 */
record Tolerance(double absolute, double relative) {
  static final String ABSOLUTE_KEY = "absolute-tolerance";
  static final String RELATIVE_KEY = "relative-tolerance";

  /** Wide enough for another processor's rounding of float32, not for another model. */
  static final Tolerance DEFAULT = new Tolerance(1e-6, 1e-5);

  Tolerance {
    check(ABSOLUTE_KEY, absolute, String.valueOf(absolute));
    check(RELATIVE_KEY, relative, String.valueOf(relative));
  }

  /**
   * What a file's metadata says; the default where it says nothing.
   *
   * @throws InvalidModelException if it says something else than a number of at least 0
   */
  static Tolerance of(Map<String, String> metadata) {
    return new Tolerance(
        number(metadata, ABSOLUTE_KEY, DEFAULT.absolute),
        number(metadata, RELATIVE_KEY, DEFAULT.relative));
  }

  private static double number(Map<String, String> metadata, String key, double fallback) {
    String text = metadata.get(key);
    if (text == null) {
      return fallback;
    }
    try {
      return check(key, Double.parseDouble(text), text);
    } catch (NumberFormatException notANumber) {
      throw refused(key, text);
    }
  }

  private static double check(String key, double value, String text) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw refused(key, text);
    }
    return value;
  }

  private static InvalidModelException refused(String key, String text) {
    return new InvalidModelException(key + ": '" + text + "' (expected: a number >= 0)");
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
