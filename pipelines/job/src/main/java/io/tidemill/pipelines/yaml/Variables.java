package io.tidemill.pipelines.yaml;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts the environment into a text: {@code ${NAME}}, {@code ${NAME:-default}}, and {@code $$} for a
 * dollar. A default is used where the variable is unset or empty, and holds no variable itself.
 */
final class Variables {
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\$|\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?}|\\$\\{");

  private final Map<String, String> environment;

  Variables(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * The text with each reference replaced by its value, once.
   *
   * @throws IllegalArgumentException if a variable without default is not set, or a reference is
   *     malformed
   */
  String substitute(String text) {
    Matcher matcher = REFERENCE.matcher(text);
    StringBuilder result = new StringBuilder();
    while (matcher.find()) {
      matcher.appendReplacement(result, Matcher.quoteReplacement(replacement(matcher)));
    }
    return matcher.appendTail(result).toString();
  }

  /**
   * The variables that a text takes, in their order.
   *
   * @param path of the text
   */
  static List<VariableUse> uses(String path, String text) {
    String shown =
        REFERENCE
            .matcher(text)
            .replaceAll(
                reference ->
                    Matcher.quoteReplacement(Objects.requireNonNullElse(reference.group(2), "")));
    return REFERENCE
        .matcher(text)
        .results()
        .filter(reference -> reference.group(1) != null)
        .map(
            reference ->
                new VariableUse(path, shown, reference.group(1), reference.group(2) != null))
        .toList();
  }

  private String replacement(Matcher matcher) {
    if (matcher.group().equals("$$")) {
      return "$";
    }
    String name = matcher.group(1);
    if (name == null) {
      throw new IllegalArgumentException(
          "'${' without a name and '}' (expected: ${NAME} or ${NAME:-default}; $$ for a dollar)");
    }
    String value = environment.get(name);
    String fallback = matcher.group(2);
    if (value != null && (fallback == null || !value.isEmpty())) {
      return value;
    }
    if (fallback == null) {
      throw new IllegalArgumentException(
          "environment variable '"
              + name
              + "' is not set; set it, or give a default as in ${"
              + name
              + ":-value}");
    }
    return fallback;
  }
}
