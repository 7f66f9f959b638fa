package io.tidemill.pipelines.cli;

import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The option {@code -y}, and the question that stands in for it on a terminal. */
final class ConfirmOption {
  private final Terminal terminal;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. Needed where there is no terminal to ask on.")
  private boolean yes;

  ConfirmOption(Terminal terminal) {
    this.terminal = terminal;
  }

  /**
   * Goes on if the user agrees.
   *
   * @param what would be done, as in "delete fraud:1.4.2"
   * @throws ParameterException if nobody can be asked
   * @throws CommandFailedException if the user does not agree
   */
  void confirm(CommandSpec spec, String what) {
    if (yes) {
      return;
    }
    if (!terminal.present()) {
      throw new ParameterException(
          spec.commandLine(), "to " + what + ": not confirmed (expected: -y, without a terminal)");
    }
    String answer =
        terminal
            .ask("About to " + what + ". Go on? [y/N] ")
            .orElse("")
            .strip()
            .toLowerCase(Locale.ROOT);
    if (!answer.equals("y") && !answer.equals("yes")) {
      throw new CommandFailedException(
          ExitCode.FAILED, "to " + what + ": not confirmed; nothing was changed", null);
    }
  }
}
