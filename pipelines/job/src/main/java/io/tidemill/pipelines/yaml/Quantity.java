package io.tidemill.pipelines.yaml;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.regex.Pattern;
import org.apache.flink.util.TimeUtils;
import org.jspecify.annotations.Nullable;

/**
 * Durations as people write them. Sizes are those of {@link io.tidemill.model.store.ByteSize}.
 *
 * <p>Stateless and thread-safe.
 */
public final class Quantity {
  /** What may be a duration: a number with a unit, or ISO-8601's. */
  static final String FORM = "\\d+\\s*[a-zA-Zµ]+|[pP].*";

  private static final Pattern PATTERN = Pattern.compile(FORM);
  private static final Pattern MICROS = Pattern.compile("(?i)us$");

  private Quantity() {}

  /**
   * Reads {@code 20ms}, {@code 10s}, {@code 1 min} or ISO-8601's {@code PT1.5S}.
   *
   * @throws IllegalArgumentException if the text has another form or is more than 292 years
   */
  public static Duration duration(String subject, String text) {
    String trimmed = text.trim();
    try {
      // Flink takes a number alone for milliseconds, which no one can be sure of.
      if (PATTERN.matcher(trimmed).matches()) {
        return checked(
            Character.isDigit(trimmed.charAt(0))
                ? TimeUtils.parseDuration(MICROS.matcher(trimmed).replaceFirst("µs"))
                : Duration.parse(trimmed));
      }
    } catch (DateTimeException | ArithmeticException | IllegalArgumentException refused) {
      throw refused(subject, text, refused);
    }
    throw refused(subject, text, null);
  }

  private static Duration checked(Duration duration) {
    // Fails where the nanoseconds are more than a long holds.
    return Duration.ofNanos(duration.toNanos());
  }

  private static IllegalArgumentException refused(
      String subject, String text, @Nullable Exception cause) {
    return new IllegalArgumentException(
        subject + ": '" + text + "' (expected: a duration as in 20ms, 10s, 1min or PT1S)", cause);
  }
}
