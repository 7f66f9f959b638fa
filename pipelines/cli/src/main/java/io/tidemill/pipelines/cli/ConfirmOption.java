package io.tidemill.pipelines.cli;

import java.util.Locale;
import picocli.CommandLine.Option;

/** The option {@code -y}, and the question that stands in for it on a terminal. */
final class ConfirmOption {
  private final Terminal terminal;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. Needed where there is no terminal to ask on.")
  private boolean yes;

  ConfirmOption(Caller caller) {
    this.terminal = caller.terminal();
  }

  /**
   * Goes on if the user agrees.
   *
   * @param what would be done, as in "delete fraud:1.4.2"
   * @throws CommandFailedException if the user does not agree, or nobody can be asked
   */
  void confirm(String what) {
    if (yes) {
      return;
    }
    if (!terminal.present()) {
      throw new CommandFailedException(
          ExitCode.USAGE, "to " + what + ": not confirmed (expected: -y, without a terminal)");
    }
    String answer = terminal.ask("About to " + what + ". Go on? [y/N] ").orElse("");
    if (!answer.strip().toLowerCase(Locale.ROOT).matches("y|yes")) {
      throw new CommandFailedException(
          ExitCode.FAILED, "to " + what + ": not confirmed; nothing was changed");
    }
  }
}
