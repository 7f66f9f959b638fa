package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problem;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A command that ends with an exit code and a message that is whole without a stack trace. */
final class CommandFailedException extends RuntimeException {
  private final ExitCode exitCode;

  /**
   * A failure.
   *
   * @param message what, where, and what to do about it
   */
  CommandFailedException(ExitCode exitCode, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  CommandFailedException(ExitCode exitCode, String message) {
    this(exitCode, message, null);
  }

  /** Wrong usage, as the message of an exception from below says it. */
  CommandFailedException(IllegalArgumentException wrong) {
    this(ExitCode.USAGE, String.valueOf(wrong.getMessage()), wrong);
  }

  /** Fails if anything outside the process stands in the way, with all of it. */
  static void throwIfAny(List<Problem<OptionKey>> obstacles) {
    if (!obstacles.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          obstacles.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
