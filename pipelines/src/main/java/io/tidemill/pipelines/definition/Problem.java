package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

/** One thing that the author of a pipeline must change, and where. */
public record Problem(Location location, String message) {
  public Problem {
    requireNonNull(location, "location");
    requireNonNull(message, "message");
  }

  /** {@code fraud.yaml:12:5: message}. */
  @Override
  public String toString() {
    return location + ": " + message;
  }
}
