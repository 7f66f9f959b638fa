package io.tidemill.pipelines.definition;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The words of an enum as users write them: lower case, hyphens. */
final class Labels {
  private Labels() {}

  static String of(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static <E extends Enum<E>> E parse(String subject, String text, E[] values) {
    for (E value : values) {
      if (of(value).equals(text)) {
        return value;
      }
    }
    List<String> allowed = Arrays.stream(values).map(Labels::of).toList();
    throw new IllegalArgumentException(
        subject + ": '" + text + "' " + Suggestion.among(text, allowed));
  }
}
