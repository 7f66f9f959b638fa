package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.pipelines.definition.Location;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The option {@code -o}, and what a command prints: its answer on stdout, how far it is on stderr.
 */
final class Output {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private static final Pattern ASKED =
      Pattern.compile("(?<!\\S)(?:-o[ =]?|--output[ =])((?i)json|yaml)(?!\\S)");

  private final Terminal terminal;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "What to print: table, json or yaml (default: ${DEFAULT-VALUE}).")
  private Format format = Format.TABLE;

  private boolean answered;
  private String asked = "";
  private Function<List<ProblemView>, Object> failure = Failure::new;

  Output(Caller caller) {
    this.terminal = caller.terminal();
  }

  /** Who reads it: a person or a machine. */
  private enum Format {
    TABLE,
    JSON,
    YAML
  }

  /** What JSON has of a command that failed, where the command says nothing else. */
  private record Failure(List<ProblemView> problems) {}

  /**
   * Says what JSON has of this command if it fails.
   *
   * @param file what it was asked about
   */
  void onFailure(String file, Function<List<ProblemView>, Object> view) {
    asked = file;
    failure = view;
  }

  /**
   * Answers a machine that has no answer yet: the command failed.
   *
   * @param problems finds them, of the file that the command was asked about
   * @return whether all is said, as the command has such an answer
   */
  boolean fail(Function<String, List<Problem<Location>>> problems) {
    if (forPeople() || answered) {
      return false;
    }
    print(failure.apply(ProblemView.of(problems.apply(asked))), "");
    return !asked.isEmpty();
  }

  /** Answers a machine that called a command wrongly, whose options may not be read so far. */
  static void misused(CommandLine command, List<String> arguments, String message) {
    Format format = asked(arguments);
    if (format != Format.TABLE) {
      Object failure =
          new Failure(ProblemView.of(List.of(new Problem<>(Location.of(""), message))));
      PrintWriter out = command.getOut();
      out.print(format == Format.JSON ? json(failure) + "\n" : yaml(failure));
      out.flush();
    }
  }

  private static Format asked(List<String> arguments) {
    Matcher option = ASKED.matcher(String.join(" ", arguments));
    return option.find() ? Format.valueOf(option.group(1).toUpperCase(Locale.ROOT)) : Format.TABLE;
  }

  /** Whether a person reads the answer. */
  boolean forPeople() {
    return format == Format.TABLE;
  }

  PrintWriter out() {
    return command.commandLine().getOut();
  }

  PrintWriter err() {
    return command.commandLine().getErr();
  }

  /**
   * Prints the answer in the format that was asked for.
   *
   * @param answer for JSON and YAML, which have the same keys
   * @param table prints it for people
   */
  void print(Object answer, Consumer<PrintWriter> table) {
    PrintWriter out = out();
    answered = true;
    switch (format) {
      case TABLE -> {
        PrintWriter plain = new PrintWriter(new PlainWriter(out));
        table.accept(plain);
        plain.flush();
      }
      case JSON -> out.println(json(answer));
      case YAML -> out.print(yaml(answer));
    }
    out.flush();
  }

  /** Names on stderr what could not be read, and is not in the answer. */
  void damaged(String what) {
    say("damaged: " + what);
  }

  /** A line on stderr. */
  void say(String line) {
    PrintWriter err = err();
    PrintWriter plain = new PrintWriter(new PlainWriter(err));
    plain.println(line);
    plain.flush();
    err.flush();
  }

  /** The same, with one line for people. */
  void print(Object answer, String line) {
    print(answer, out -> out.println(line));
  }

  /** How far a transfer is, shown to a person on a terminal and to nobody else. */
  TransferProgress progress(String what) {
    return new TransferProgress(err(), terminal.present() && forPeople(), what, System::nanoTime);
  }

  /** How far a run is, for whoever reads stderr. */
  RunProgress runProgress(boolean bounded) {
    return new RunProgress(err(), "", terminal.present() && forPeople(), bounded, System::nanoTime);
  }

  /** How far one of several runs is whose input ends; each of its lines begins with its name. */
  RunProgress runProgress(String name) {
    return new RunProgress(err(), name + ": ", false, true, System::nanoTime);
  }

  static String json(Object answer) {
    try {
      return JSON.writeValueAsString(answer);
    } catch (JsonProcessingException unexpected) {
      throw new IllegalStateException(unexpected);
    }
  }

  private static String yaml(Object answer) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setDereferenceAliases(true)
            .setSplitLines(false)
            .build();
    return new Dump(settings).dumpToString(JSON.convertValue(answer, Object.class));
  }
}
