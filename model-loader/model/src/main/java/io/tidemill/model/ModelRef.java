package io.tidemill.model;

import java.io.Serializable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a job names a model: by version ({@code fraud:1.4.2}) or by alias ({@code fraud@production}).
 *
 * <p>Exactly one of {@code version} and {@code alias} is there. {@code fraud:latest} is a reference
 * to the alias {@value #LATEST}, which a store answers with its highest release and which a plan
 * refuses unless the job is for development.
 */
public record ModelRef(String name, @Nullable SemanticVersion version, @Nullable String alias)
    implements Serializable {
  /** The alias that no one sets: the highest release there is. */
  public static final String LATEST = "latest";

  private static final String NAME_FORM = "[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?";

  /** What a reference looks like, as a regular expression. */
  public static final String FORM =
      NAME_FORM + "(?::(?:" + SemanticVersion.FORM + "|" + LATEST + ")|@" + NAME_FORM + ")";

  private static final Pattern NAME = Pattern.compile(NAME_FORM);

  public ModelRef {
    checkName("model name", name);
    if ((version == null) == (alias == null)) {
      throw new IllegalArgumentException(
          "model reference '" + name + "' (expected: either a version or an alias)");
    }
    if (alias != null) {
      checkName("alias of model '" + name + "'", alias);
    }
  }

  public static ModelRef ofVersion(String name, SemanticVersion version) {
    return new ModelRef(name, version, null);
  }

  public static ModelRef ofAlias(String name, String alias) {
    return new ModelRef(name, null, alias);
  }

  /**
   * Reads {@code name:version}, {@code name@alias} or {@code name:latest}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static ModelRef parse(String text) {
    int at = text.indexOf('@');
    if (at >= 0) {
      return ofAlias(text.substring(0, at), text.substring(at + 1));
    }
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(
          "model: '"
              + text
              + "' (expected: name:version as in fraud:1.4.2, or name@alias as in"
              + " fraud@production)");
    }
    String name = text.substring(0, colon);
    String version = text.substring(colon + 1);
    return version.equals(LATEST)
        ? ofAlias(name, LATEST)
        : ofVersion(name, SemanticVersion.parse(version));
  }

  /**
   * Checks a model's or an alias's name, which is also a folder's or a file's.
   *
   * @throws IllegalArgumentException naming the subject and the form that is expected
   */
  public static String checkName(String subject, String name) {
    if (!isName(name)) {
      throw new IllegalArgumentException(
          subject
              + ": '"
              + name
              + "' (expected: 1 to 128 of a-z, 0-9, '.', '_', '-', beginning and ending with a letter"
              + " or digit)");
    }
    return name;
  }

  /** Whether a text may be a model's or an alias's name. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches() && !text.contains("..");
  }

  @Override
  public String toString() {
    return version != null ? name + ":" + version : name + "@" + alias;
  }
}
