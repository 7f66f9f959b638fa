package io.tidemill.pipelines.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Map;
import picocli.CommandLine;

/** What one call of the command printed and answered. */
record CommandRun(ExitCode exitCode, String out, String err) {

  static CommandRun of(Map<String, String> environment, String... arguments) {
    return of(environment, new FakeTerminal(false, ""), arguments);
  }

  static CommandRun of(Map<String, String> environment, Terminal terminal, String... arguments) {
    return of(environment, terminal, new StringWriter(), arguments);
  }

  /** What it says of errors goes to a writer, which may do something about it. */
  static CommandRun of(
      Map<String, String> environment, Terminal terminal, StringWriter err, String... arguments) {
    StringWriter out = new StringWriter();
    CommandLine commandLine =
        Tidemill.commandLine(new Caller(environment, terminal), arguments)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    int number = commandLine.execute(arguments);
    ExitCode exitCode =
        Arrays.stream(ExitCode.values())
            .filter(code -> code.number() == number)
            .findFirst()
            .orElseThrow();
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  static CommandRun of(String... arguments) {
    return of(Map.of(), arguments);
  }
}
