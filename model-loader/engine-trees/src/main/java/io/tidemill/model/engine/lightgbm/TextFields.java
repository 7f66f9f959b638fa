package io.tidemill.model.engine.lightgbm;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the lines {@code key=value} of a part of the text say. Each key comes once, and no value
 * begins with another sign of equality, which LightGBM would read otherwise than this does.
 *
 * <p>Problems are {@link IllegalArgumentException}s, for the reader to say where they are.
 */
final class TextFields {
  private static final Pattern LINE = Pattern.compile("[a-z_]+(=(?!=)[^\\x00-\\x1f]*)?");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d{1,9})?");
  private static final Pattern OTHER = Pattern.compile("[-+]?(nan|inf)");
  private static final Pattern ZERO = Pattern.compile("[-+]?[0.]+([eE].*)?");
  private static final String[] NONE = {};

  private final Map<String, String> values = new HashMap<>();

  /**
   * Adds a line.
   *
   * @param bare whether a key without a value may be one
   */
  void add(String line, boolean bare) {
    int sign = line.indexOf('=');
    if (!LINE.matcher(line).matches() || (sign < 0 && !bare)) {
      throw new IllegalArgumentException("has the line '" + line + "'");
    }
    String key = sign < 0 ? line : line.substring(0, sign);
    if (values.put(key, sign < 0 ? "" : line.substring(sign + 1)) != null) {
      throw new IllegalArgumentException("says '" + key + "' twice");
    }
  }

  int size() {
    return values.size();
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  String text(String key) {
    @Nullable String text = values.get(key);
    if (text == null) {
      throw new IllegalArgumentException("has no line '" + key + "='");
    }
    return text;
  }

  int number(String key) {
    return number(key, text(key).strip());
  }

  static int number(String key, String word) {
    try {
      return Integer.parseInt(word);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException("has '" + word + "' in " + key, notANumber);
    }
  }

  /** Words with a space between them. */
  String[] words(String key) {
    String text = text(key);
    return text.isEmpty() ? NONE : text.split(" ", -1);
  }

  /** As many words as this. */
  String[] words(String key, int count) {
    String[] words = words(key);
    if (words.length != count) {
      throw new IllegalArgumentException(
          "has %d values of %s, not %d".formatted(words.length, key, count));
    }
    return words;
  }

  int[] numbers(String key) {
    return numbers(key, words(key));
  }

  int[] numbers(String key, int count) {
    return numbers(key, words(key, count));
  }

  static int[] numbers(String key, String... words) {
    return Arrays.stream(words).mapToInt(word -> number(key, word)).toArray();
  }

  /** Checks that there are as many decimal numbers as this. */
  void decimals(String key, int count) {
    decimals(key, words(key, count));
  }

  /** Checks that all are decimal numbers, none beyond what a double holds. */
  static void decimals(String key, String... words) {
    for (String word : words) {
      if (!isDecimal(word)) {
        throw new IllegalArgumentException("has '" + word + "' in " + key);
      }
    }
  }

  private static boolean isDecimal(String word) {
    if (!DECIMAL.matcher(word).matches()) {
      return OTHER.matcher(word).matches();
    }
    double value = Math.abs(Double.parseDouble(word));
    return ZERO.matcher(word).matches()
        || (value >= Double.MIN_NORMAL && value <= Double.MAX_VALUE);
  }
}
