package io.tidemill.model.importing;

import io.tidemill.model.InvalidModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the text form of protocol buffers as far as {@code config.pbtxt} uses it: messages, lists,
 * strings, numbers and names. A message is a map from field to its values, in their order.
 *
 * <p>Not thread-safe.
 */
final class TextProto {
  private static final int DEEPEST = 32;
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\G(?:\\s|#[^\\n]*)*+(?:([A-Za-z_][\\w.]*+)|([-+]?[\\w.][\\w.+-]*+)|\"((?:[^\"\\\\\\n]|\\\\.)*+)\"|'((?:[^'\\\\\\n]|\\\\.)*+)'|([{}\\[\\]<>:,;]))");

  private final String place;
  private final List<String> tokens = new ArrayList<>();
  private int next;

  /**
   * @param place where the text is from, as messages call it
   */
  TextProto(String place, String text) {
    this.place = place;
    tokenize(text);
  }

  /**
   * Reads the message that the text is.
   *
   * @throws InvalidModelException if it is malformed
   */
  Map<String, List<Object>> read() {
    Map<String, List<Object>> message = message("", 0);
    if (next < tokens.size()) {
      throw malformed("'" + tokens.get(next) + "'");
    }
    return message;
  }

  private void tokenize(String text) {
    Matcher matcher = TOKEN.matcher(text);
    int end = 0;
    while (matcher.find()) {
      end = matcher.end();
      String quoted = matcher.group(3) == null ? matcher.group(4) : matcher.group(3);
      // A quote marks a string, which no name, number or sign begins with.
      tokens.add(
          quoted == null
              ? matcher.group().replaceAll("(?s)^(?:\\s|#[^\\n]*)*+", "")
              : "\"" + quoted);
    }
    if (!text.substring(end).replaceAll("#[^\\n]*", "").isBlank()) {
      int line = 1 + Math.toIntExact(text.substring(0, end).lines().count());
      throw malformed("what stands near line " + line);
    }
  }

  private Map<String, List<Object>> message(String end, int depth) {
    if (depth > DEEPEST) {
      throw malformed("messages in one another more than " + DEEPEST + " deep");
    }
    Map<String, List<Object>> fields = new LinkedHashMap<>();
    while (next < tokens.size() && !tokens.get(next).equals(end)) {
      String field = take();
      if (!Character.isLetter(field.charAt(0)) && field.charAt(0) != '_') {
        throw malformed("'" + field + "' where a field's name is expected");
      }
      List<Object> values = fields.computeIfAbsent(field, key -> new ArrayList<>());
      skip(":");
      if (skip("[")) {
        while (!skip("]")) {
          values.add(value(depth));
          skip(",");
        }
      } else {
        values.add(value(depth));
      }
      if (!skip(",")) {
        skip(";");
      }
    }
    if (!end.isEmpty() && !skip(end)) {
      throw malformed("an end without '" + end + "'");
    }
    return fields;
  }

  private Object value(int depth) {
    String token = take();
    return switch (token) {
      case "{" -> message("}", depth + 1);
      case "<" -> message(">", depth + 1);
      case "}", ">", "]", ":", ",", ";", "[" ->
          throw malformed("'" + token + "' where a value is expected");
      default -> token.startsWith("\"") ? token.substring(1) : token;
    };
  }

  private String take() {
    if (next >= tokens.size()) {
      throw malformed("an end where more is expected");
    }
    return tokens.get(next++);
  }

  private boolean skip(String token) {
    if (next < tokens.size() && tokens.get(next).equals(token)) {
      next++;
      return true;
    }
    return false;
  }

  private InvalidModelException malformed(String what) {
    return new InvalidModelException(
        "%s: %s (expected: a protocol buffer as text)".formatted(place, what));
  }
}
