package io.tidemill.pipelines.cli;

import org.jspecify.annotations.Nullable;

/** A command that ends with an exit code and a message that is whole without a stack trace. */
public final class CommandFailedException extends RuntimeException {
  private final int exitCode;

  /**
   * A failure.
   *
   * @param exitCode one of {@link ExitCode}'s
   * @param message what, where, and what to do about it
   */
  public CommandFailedException(int exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** One of {@link ExitCode}'s. */
  public int exitCode() {
    return exitCode;
  }
}
