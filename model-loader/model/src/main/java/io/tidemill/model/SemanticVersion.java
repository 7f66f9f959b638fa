package io.tidemill.model;

import java.io.Serializable;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A semantic version without build metadata, such as {@code 1.4.2} or {@code 2.0.0-rc.1}, ordered
 * as semver.org 2.0.0 §11 says.
 *
 * @param preRelease the dotted identifiers after the hyphen, empty for a release
 */
public record SemanticVersion(long major, long minor, long patch, String preRelease)
    implements Comparable<SemanticVersion>, Serializable {
  /** Of a whole version: matching recurses once for each part of a pre-release. */
  private static final int MOST_CHARACTERS = 128;

  private static final String NUMBER = "(0|[1-9]\\d{0,17})";
  private static final String IDENTIFIER = "(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";

  /** What a version looks like, as a regular expression. */
  static final String FORM =
      NUMBER
          + "\\."
          + NUMBER
          + "\\."
          + NUMBER
          + "(?:-("
          + IDENTIFIER
          + "(?:\\."
          + IDENTIFIER
          + ")*))?";

  private static final Pattern PATTERN = Pattern.compile(FORM);

  /**
   * Reads {@code major.minor.patch[-pre-release]}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static SemanticVersion parse(String text) {
    Matcher matcher = PATTERN.matcher(text);
    if (text.length() > MOST_CHARACTERS || !matcher.matches()) {
      throw new IllegalArgumentException(
          "version: '" + shown(text) + "' (expected: major.minor.patch as in 1.4.2 or 2.0.0-rc.1)");
    }
    String preRelease = matcher.group(4);
    return new SemanticVersion(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)),
        preRelease == null ? "" : preRelease);
  }

  private static String shown(String text) {
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
  }

  /** Whether a text is a version in the form that {@link #parse} reads. */
  public static boolean isVersion(String text) {
    return text.length() <= MOST_CHARACTERS && PATTERN.matcher(text).matches();
  }

  @Override
  public int compareTo(SemanticVersion other) {
    int order = Long.compare(major, other.major);
    if (order == 0) {
      order = Long.compare(minor, other.minor);
    }
    if (order == 0) {
      order = Long.compare(patch, other.patch);
    }
    return order != 0 ? order : comparePreReleases(preRelease, other.preRelease);
  }

  private static int comparePreReleases(String left, String right) {
    if (left.isEmpty() || right.isEmpty()) {
      return Boolean.compare(left.isEmpty(), right.isEmpty());
    }
    String[] lefts = left.split("\\.", -1);
    String[] rights = right.split("\\.", -1);
    for (int i = 0; i < Math.min(lefts.length, rights.length); i++) {
      int order = compareIdentifiers(lefts[i], rights[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(lefts.length, rights.length);
  }

  private static int compareIdentifiers(String left, String right) {
    boolean leftNumeric = left.chars().allMatch(Character::isDigit);
    boolean rightNumeric = right.chars().allMatch(Character::isDigit);
    if (leftNumeric && rightNumeric) {
      return new BigInteger(left).compareTo(new BigInteger(right));
    }
    return leftNumeric == rightNumeric ? left.compareTo(right) : leftNumeric ? -1 : 1;
  }

  @Override
  public String toString() {
    String release = major + "." + minor + "." + patch;
    return preRelease.isEmpty() ? release : release + "-" + preRelease;
  }
}
