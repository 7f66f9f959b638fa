package io.tidemill.connectors.options;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.Path;

/**
 * A path that stands for many: {@code *} is any part of one name, <code>**</code> any names, and
 * {@code ?} one character of a name. Immutable.
 */
public record Glob(String text) {
  private static final Pattern WILD = Pattern.compile("[*?]");
  private static final Pattern PARTS = Pattern.compile("(?s)\\*\\*/|\\*\\*|[*?]|[^*?]+");

  /** Whether a part of a path stands for any names. */
  public static boolean isOfAny(String part) {
    return part.contains("**");
  }

  /** Whether a part of a path stands for a name, or is it. */
  public static boolean ofName(String part, String name) {
    return part.equals(name) || Pattern.matches("(?s)" + regexOf(part), name);
  }

  /** Whether a path is one. */
  static boolean is(String path) {
    return WILD.matcher(path).find();
  }

  /** The folder below which all paths are that it stands for; {@code .} where it names none. */
  String folder() {
    int end = beginOfNames();
    return end == 0 ? "." : text.substring(0, end);
  }

  /** Where the first of its names begins that has such a character. */
  private int beginOfNames() {
    Matcher wild = WILD.matcher(text);
    return wild.find() ? text.lastIndexOf('/', wild.start()) + 1 : text.length();
  }

  /** What the paths of files match that are among these, or below one of them. */
  String regex() {
    String above = new Path(folder()).getPath();
    StringBuilder regex = new StringBuilder("(?s)");
    regex.append(Pattern.quote(above.endsWith("/") ? above : above + "/"));
    String names = text.substring(beginOfNames()).replaceFirst("/+$", "").replaceAll("/+", "/");
    return regex.append(regexOf(names)).append("(?:/.*)?").toString();
  }

  private static String regexOf(String names) {
    StringBuilder regex = new StringBuilder();
    Matcher parts = PARTS.matcher(names);
    while (parts.find()) {
      String part = parts.group();
      boolean inName = parts.start() > 0 && names.charAt(parts.start() - 1) != '/';
      regex.append(
          switch (part) {
            case "**/" -> inName ? ".*/" : "(?:.*/)?";
            case "**" -> ".*";
            case "*" -> "[^/]*";
            case "?" -> "[^/]";
            default -> Pattern.quote(part);
          });
    }
    return regex.toString();
  }
}
