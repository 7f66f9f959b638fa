package io.tidemill.pipelines.definition;

import java.util.regex.Pattern;

/** The form of the names that end up in uids, metrics and transactional ids. */
final class Names {
  static final String FORM = "[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?";

  private static final Pattern PATTERN = Pattern.compile(FORM);

  private Names() {}

  static String check(String subject, String name) {
    if (!PATTERN.matcher(name).matches()) {
      throw new IllegalArgumentException(
          subject
              + ": '"
              + name
              + "' (expected: 1 to 128 letters, digits, '.', '_', '-', beginning and ending with a"
              + " letter or digit)");
    }
    return name;
  }

  static String checkText(String subject, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException(subject + ": '" + text + "' (expected: not blank)");
    }
    return text;
  }
}
