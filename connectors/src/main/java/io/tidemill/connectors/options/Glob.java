package io.tidemill.connectors.options;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.core.fs.Path;

/**
 * A path that stands for many: {@code *} is any part of one name, <code>**</code> any names, and
 * {@code ?} one character of a name. Immutable.
 */
record Glob(String text) {
  private static final Pattern WILD = Pattern.compile("[*?]");
  private static final Pattern PARTS = Pattern.compile("(?s)\\*\\*/|\\*\\*|[*?]|[^*?]+");

  /** Whether a path is one. */
  static boolean is(String path) {
    return WILD.matcher(path).find();
  }

  /** The folder below which all paths are that it stands for; {@code .} where it names none. */
  String folder() {
    int end = beginOfNames();
    return end == 0 ? "." : text.substring(0, Math.max(end - 1, 1));
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
    Matcher parts = PARTS.matcher(text.substring(beginOfNames()).replaceFirst("/+$", ""));
    while (parts.find()) {
      String part = parts.group();
      regex.append(
          switch (part) {
            case "**/" -> "(?:.*/)?";
            case "**" -> ".*";
            case "*" -> "[^/]*";
            case "?" -> "[^/]";
            default -> Pattern.quote(part);
          });
    }
    return regex.append("(?:/.*)?").toString();
  }
}
