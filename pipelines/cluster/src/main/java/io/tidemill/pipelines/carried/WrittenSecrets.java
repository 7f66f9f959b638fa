package io.tidemill.pipelines.carried;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.VariableUse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks for secrets in a job's file where others would read it. Immutable.
 *
 * @param where the values of variables are, for messages: {@code in the Secret}
 */
public record WrittenSecrets(ParsedPipeline written, String where) {
  /** An assignment without a value, and a URL's user without a password. */
  private static final Pattern EMPTY =
      Pattern.compile(
          "[\\w.-]+\"?\\s*[=:]\\s*(?:\"\"|'')|[\\w.-]+=(?=[\\s&;,]|$)|(?<=://)(?:[^\\s/@:]*:)?@");

  /** What someone has commented out: a key and its value. */
  private static final Pattern COMMENT =
      Pattern.compile(
          "(?:^|\\s)#+\\s*(?:-\\s*)?[\"']?(?<key>[\\w.-]+)[\"']?\\s*[:=]\\s*(?<value>\\S.*)$");

  private static final String STORE = "store";
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{[^}]*\\}");

  /** Adds a problem for each in a comment, which travels with the text that it is in. */
  public void checkComments(Problems<Location> problems, Map<String, String> texts) {
    texts.forEach(
        (name, text) -> {
          List<String> lines = text.lines().toList();
          for (int i = 0; i < lines.size(); i++) {
            Matcher comment = COMMENT.matcher(lines.get(i));
            if (comment.find()
                && holdsSecret(
                    comment.group("key"),
                    VARIABLE.matcher(comment.group("value")).replaceAll(""))) {
              problems.add(
                  new Location(name, i + 1, lines.get(i).indexOf('#') + 1),
                  "%s: a secret in a comment, which goes along with the file (expected: none)",
                  comment.group("key"));
            }
          }
        });
  }

  /**
   * Adds a problem for each that is written out.
   *
   * @param part of the job, whose options these are
   */
  public void check(Problems<Location> problems, String part, Map<String, String> options) {
    options.forEach((key, value) -> check(problems, part + "." + key, key, value));
  }

  /** Adds a problem if one is written out in the URI of the job's store. */
  void checkStore(Problems<Location> problems, @Nullable String uri) {
    if (uri != null) {
      check(problems, STORE, STORE, uri);
    }
  }

  private void check(Problems<Location> problems, String path, String key, String value) {
    // What the file has around variables, and their defaults, are written out, too.
    Optional<String> text =
        written.variables().stream()
            .filter(use -> use.path().equals(path))
            .map(VariableUse::text)
            .findFirst();
    if (isSecret(key, value) && text.map(shown -> holdsSecret(key, shown)).orElse(true)) {
      problems.add(
          written.locationOf(path),
          "%s: a secret that is written out (expected: a variable as in ${NAME}, whose value is %s)",
          path,
          where);
    }
  }

  /** Whether a value holds a secret whose variables are nothing, as they are in the file. */
  private static boolean holdsSecret(String key, String text) {
    String full = EMPTY.matcher(text).replaceAll("");
    return !ConnectorOptions.withoutSecrets(full).equals(full)
        // Several words are those of a login module, one and a colon a user without a password.
        || (ConnectorOptions.isSecret(key) && full.strip().matches("\\S*[^:\\s]"));
  }

  /** Whether an option is a secret, by its name or its value. */
  public static boolean isSecret(String key, String value) {
    return !ConnectorOptions.shown(key, value).equals(value);
  }
}
