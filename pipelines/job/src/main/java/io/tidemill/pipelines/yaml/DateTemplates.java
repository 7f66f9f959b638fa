package io.tidemill.pipelines.yaml;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Puts the date of a run into a text: {@code {{ ds }}} is 2026-11-21, {@code {{ ds_nodash }}} is
 * 20261121, and {@code {{ ds - 1 }}} the day before. Immutable.
 *
 * @param date null where none is known: then templates are only checked, and stay as they are
 */
record DateTemplates(@Nullable LocalDate date) {
  /** What begins a template. */
  private static final String BEGINS = "{{";

  private static final Pattern TEMPLATE = Pattern.compile("\\{\\{(.*?)(?:}}|$)");
  private static final Pattern EXPRESSION =
      Pattern.compile("\\s*(ds|ds_nodash)\\s*(?:([+-])\\s*(\\d{1,5})\\s*)?");
  private static final DateTimeFormatter DASHES = DateTimeFormatter.ISO_LOCAL_DATE;
  private static final DateTimeFormatter NO_DASHES = DateTimeFormatter.BASIC_ISO_DATE;

  static boolean isIn(String text) {
    return text.contains(BEGINS);
  }

  /**
   * The text of a place where no template may be.
   *
   * @throws IllegalArgumentException if there is one
   */
  static String refuse(String text) {
    if (isIn(text)) {
      throw new IllegalArgumentException(
          "'%s': a template of dates (expected: none here, but in options of source, sink and dead-letter of a job in mode batch)"
              .formatted(text));
    }
    return text;
  }

  /**
   * The text with its templates replaced.
   *
   * @throws IllegalArgumentException if one is none that there is
   */
  String render(String text) {
    Matcher template = TEMPLATE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (template.find()) {
      Matcher expression = EXPRESSION.matcher(template.group(1));
      if (!template.group().endsWith("}}") || !expression.matches()) {
        throw new IllegalArgumentException(
            "'%s' (expected: {{ ds }} or {{ ds_nodash }}, or with days added or taken as in {{ ds - 1 }})"
                .formatted(template.group()));
      }
      String value = date == null ? template.group() : value(date, expression);
      template.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return template.appendTail(result).toString();
  }

  private static String value(LocalDate date, Matcher expression) {
    long days = expression.group(3) == null ? 0 : Long.parseLong(expression.group(3));
    LocalDate meant = date.plusDays("-".equals(expression.group(2)) ? -days : days);
    return meant.format(expression.group(1).equals("ds") ? DASHES : NO_DASHES);
  }
}
