package io.tidemill.pipelines.rest;

import io.tidemill.connectors.options.ConnectorOptions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stack trace as Flink writes it into its answers. Immutable. */
public record StackTrace(String text) {
  private static final Pattern THROWN =
      Pattern.compile("(?m)^(?:[\\w$]+\\.)+([\\w$]+)(?:: (.+))?$");
  private static final Pattern CAUSE =
      Pattern.compile("(?m)^Caused by: (?:[\\w$]+\\.)*([\\w$]+)(?:: (.+))?$");

  /**
   * The innermost cause, in a line: what it says or, where that is a word, also what it is. Without
   * secrets.
   */
  public String cause() {
    String why = text.lines().findFirst().orElse("no reason is told");
    for (Pattern pattern : List.of(THROWN, CAUSE)) {
      Matcher thrown = pattern.matcher(text);
      while (thrown.find()) {
        String said = thrown.group(2);
        why =
            said == null
                ? thrown.group(1)
                : said.contains(" ") ? said : thrown.group(1) + ": " + said;
      }
    }
    return ConnectorOptions.withoutSecrets(why.strip());
  }
}
