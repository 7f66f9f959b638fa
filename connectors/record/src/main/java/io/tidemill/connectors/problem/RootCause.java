package io.tidemill.connectors.problem;

/**
 * What lies at the bottom of a failure, which is mostly what a person can act on. Immutable.
 *
 * @param failure the innermost
 */
public record RootCause(Throwable failure) {
  /** That of a failure, itself if it has no cause. */
  public static RootCause of(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return new RootCause(cause);
  }

  /** What it says, in one line. */
  public String message() {
    return String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
  }
}
