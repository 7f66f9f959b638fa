package io.tidemill.pipelines.cli;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * A day, or how many days ago it was where the job is.
 *
 * @param date null if it is told by days
 */
record DateArgument(@Nullable LocalDate date, int daysAgo) {
  static final DateArgument TODAY = new DateArgument(null, 0);

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if it is none
   */
  static DateArgument parse(String text) {
    return switch (text) {
      case "today" -> TODAY;
      case "yesterday" -> new DateArgument(null, 1);
      default -> new DateArgument(day(text), 0);
    };
  }

  private static LocalDate day(String text) {
    try {
      if (text.matches("\\d{4}-\\d{2}-\\d{2}")) {
        return LocalDate.parse(text);
      }
    } catch (DateTimeParseException noSuchDay) {
      // Refused below.
    }
    throw new IllegalArgumentException(
        "'%s' (expected: a day that there is, as in 2026-11-21, or today or yesterday in the job's time-zone)"
            .formatted(text));
  }

  LocalDate in(ZoneId zone, Instant now) {
    return date == null ? LocalDate.ofInstant(now, zone).minusDays(daysAgo) : date;
  }
}
