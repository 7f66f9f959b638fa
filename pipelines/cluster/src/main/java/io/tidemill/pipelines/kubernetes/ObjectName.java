package io.tidemill.pipelines.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * The name of an object, and of what Flink's operator and Kubernetes make for it, whose names are
 * longer.
 */
record ObjectName(String text) {
  /** The operator's own limit. */
  private static final int LONGEST = 45;

  private static final int DIGEST = 8;
  private static final Pattern OF_DEPLOYMENT = Pattern.compile("[a-z](?:[-a-z0-9]{0,43}[a-z0-9])?");
  private static final Pattern OF_OBJECT =
      Pattern.compile(
          "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*");

  ObjectName {
    if (!OF_DEPLOYMENT.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "name: '%s' (expected: 1 to %d lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit)"
              .formatted(text, LONGEST));
    }
  }

  /**
   * That of a job: its own where it can be, else one made of it. Jobs of two names have two.
   *
   * @param job 1 to 128 letters, digits, '.', '_' and '-'
   */
  static ObjectName ofJob(String job) {
    if (OF_DEPLOYMENT.matcher(job).matches()) {
      return new ObjectName(job);
    }
    String plain = job.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    String begins = (Character.isDigit(plain.charAt(0)) ? "job-" : "") + plain;
    String cut = begins.substring(0, Math.min(begins.length(), LONGEST - DIGEST - 1));
    return new ObjectName(
        cut.replaceAll("-+$", "")
            + "-"
            + DigestUtils.sha256Hex(job.getBytes(UTF_8)).substring(0, DIGEST));
  }

  /**
   * Checks a name of an object that others make.
   *
   * @throws IllegalArgumentException if it is none
   */
  static void check(String subject, String name) {
    if (name.length() > 253 || !OF_OBJECT.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "%s: '%s' (expected: a name in Kubernetes: lower-case letters, digits, '-' and '.', at most 253)"
              .formatted(subject, name));
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
