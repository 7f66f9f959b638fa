package io.tidemill.connectors.problem;

import static java.util.Objects.requireNonNull;

/**
 * One thing that a person must change. Immutable.
 *
 * @param place where it was written, as data: an option, or a line and a column
 * @param message what is wrong and what is expected, without the place
 */
public record Problem<P>(P place, String message) {
  public Problem {
    requireNonNull(place, "place");
    requireNonNull(message, "message");
  }

  /** {@code fraud.yaml:12:5: message}. */
  @Override
  public String toString() {
    return place + ": " + message;
  }
}
