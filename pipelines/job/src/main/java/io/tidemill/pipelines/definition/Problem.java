package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.util.Comparator;

/** One thing that the author of a pipeline must change, and where; ordered as a file is read. */
public record Problem(Location location, String message) implements Comparable<Problem> {
  private static final Comparator<Problem> ORDER =
      Comparator.<Problem, String>comparing(problem -> problem.location().file())
          .thenComparingInt(problem -> problem.location().line())
          .thenComparingInt(problem -> problem.location().column())
          .thenComparing(Problem::message);

  public Problem {
    requireNonNull(location, "location");
    requireNonNull(message, "message");
  }

  @Override
  public int compareTo(Problem other) {
    return ORDER.compare(this, other);
  }

  /** {@code fraud.yaml:12:5: message}. */
  @Override
  public String toString() {
    return location + ": " + message;
  }
}
