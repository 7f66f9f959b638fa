package io.tidemill.pipelines.definition;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Durations and sizes as people write them.
 *
 * <p>Stateless and thread-safe.
 */
public final class Quantity {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,18})\\s*([a-zA-Zµ]*)", Pattern.CASE_INSENSITIVE);

  private static final Map<String, Duration> TIME_UNITS =
      byName(
          Map.of(
              Set.of("ns", "nano", "nanos", "nanosecond", "nanoseconds"),
              Duration.ofNanos(1),
              Set.of("us", "µs", "micro", "micros", "microsecond", "microseconds"),
              Duration.ofNanos(1_000),
              Set.of("ms", "milli", "millis", "millisecond", "milliseconds"),
              Duration.ofMillis(1),
              Set.of("s", "sec", "secs", "second", "seconds"),
              Duration.ofSeconds(1),
              Set.of("m", "min", "mins", "minute", "minutes"),
              Duration.ofMinutes(1),
              Set.of("h", "hour", "hours"),
              Duration.ofHours(1),
              Set.of("d", "day", "days"),
              Duration.ofDays(1)));

  private static final Map<String, Long> SIZE_UNITS =
      byName(
          Map.of(
              Set.of("", "b", "byte", "bytes"), 1L,
              Set.of("k", "kb", "kib"), 1L << 10,
              Set.of("m", "mb", "mib"), 1L << 20,
              Set.of("g", "gb", "gib"), 1L << 30));

  private Quantity() {}

  /**
   * Reads {@code 20ms}, {@code 10s}, {@code 1 min} or ISO-8601's {@code PT1.5S}.
   *
   * @throws IllegalArgumentException if the text has another form or is more than 292 years
   */
  public static Duration duration(String subject, String text) {
    String trimmed = text.trim();
    if (trimmed.toUpperCase(Locale.ROOT).startsWith("P")) {
      return checked(subject, text, isoDuration(trimmed));
    }
    Matcher matcher = FORM.matcher(trimmed);
    Duration unit =
        matcher.matches() ? TIME_UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw notDuration(subject, text);
    }
    BigDecimal nanos =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit.toNanos()));
    return nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? checked(subject, text, null)
        : Duration.ofNanos(nanos.longValueExact());
  }

  /**
   * Reads {@code 4mb}, {@code 512 kib} or {@code 1048576}; a unit is a power of 1024.
   *
   * @throws IllegalArgumentException if the text has another form or is more than a {@code long}
   */
  public static long bytes(String subject, String text) {
    Matcher matcher = FORM.matcher(text.trim());
    Long unit =
        matcher.matches() ? SIZE_UNITS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
    if (unit == null) {
      throw new IllegalArgumentException(
          subject + ": '" + text + "' (expected: a size as in 4mb, 512kb or 1048576)");
    }
    try {
      return Math.multiplyExact(Long.parseLong(matcher.group(1)), unit);
    } catch (ArithmeticException tooLarge) {
      throw new IllegalArgumentException(
          subject + ": '" + text + "' (expected: at most " + Long.MAX_VALUE + " bytes)", tooLarge);
    }
  }

  private static @Nullable Duration isoDuration(String text) {
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException notIso) {
      return null;
    }
  }

  private static Duration checked(String subject, String text, @Nullable Duration duration) {
    if (duration == null || duration.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
      throw notDuration(subject, text);
    }
    return duration;
  }

  private static IllegalArgumentException notDuration(String subject, String text) {
    return new IllegalArgumentException(
        subject + ": '" + text + "' (expected: a duration as in 20ms, 10s, 1min or PT1S)");
  }

  private static <V> Map<String, V> byName(Map<Set<String>, V> units) {
    Map<String, V> byName = new HashMap<>();
    units.forEach((names, unit) -> names.forEach(name -> byName.put(name, unit)));
    return Map.copyOf(byName);
  }
}
