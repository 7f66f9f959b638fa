package io.tidemill.benchmarks;

/** What was asked on the command line cannot be done; the message says what can. */
final class UsageException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
