package io.tidemill.pipelines.cli;

import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.kubernetes.Claim;
import io.tidemill.pipelines.yaml.Quantity;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The command {@code tidemill}.
 *
 * <p>For use by one thread.
 */
@Command(
    name = "tidemill",
    description = "Scores streams and files with machine-learning models, inside Apache Flink.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it ran and failed",
      "2:wrong usage, or a job that cannot run as it is written",
      "3:the model or the store is not as it should be",
      "4:the input of a date is not there yet",
      "5:a run for a date is held by a gate, until it is published or discarded",
      "130:stopped by Ctrl-C"
    })
public final class Tidemill implements Runnable {
  /** The system property that holds the level of what is logged to stderr. */
  private static final String LOG_LEVEL = "tidemill.log.level";

  private static final String DEBUG = "--debug";

  private static final List<Class<?>> COMMANDS =
      List.of(
          InitCommand.class,
          RunCommand.class,
          StopCommand.class,
          PackageCommand.class,
          UnitsCommand.class,
          SubmitCommand.class,
          JobsCommand.class,
          PlanCommand.class,
          ValidateCommand.class,
          DoctorCommand.class,
          SchemaCommand.class,
          RunsCommand.class,
          RenderCommand.class,
          DeadLettersCommand.class,
          ModelCommand.class);

  @Spec private CommandSpec spec;

  @Option(
      names = DEBUG,
      description = "Show stack traces, and log more to stderr.",
      scope = ScopeType.INHERIT)
  private boolean debug;

  private Tidemill() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    if (Arrays.asList(arguments).contains(DEBUG)) {
      // Before the first logger, which reads it.
      System.setProperty(LOG_LEVEL, "INFO");
    }
    Caller caller = new Caller(System.getenv(), Terminal.ofProcess(), new OwnProcess());
    System.exit(execute(caller, new FileOutputStream(FileDescriptor.out), arguments));
  }

  /** Runs a command whose answer goes to a stream, and tells its exit code. */
  static int execute(Caller caller, OutputStream stdout, String... arguments) {
    Answer answer = new Answer(stdout);
    PrintWriter out =
        new PrintWriter(
            new BufferedWriter(new OutputStreamWriter(answer, Charset.defaultCharset())), true);
    CommandLine commandLine = commandLine(caller, arguments).setOut(out);
    int code = commandLine.execute(arguments);
    out.flush();
    boolean lost = answer.tellIfLost(commandLine.getErr());
    // What a run has done stays done; whoever tries it again would do it twice.
    boolean stays = code != ExitCode.DONE.number() || isRun(commandLine.getParseResult());
    return lost && !stays ? ExitCode.FAILED.number() : code;
  }

  private static boolean isRun(ParseResult parsed) {
    return parsed.hasSubcommand()
        && parsed.subcommand().commandSpec().name().equals(RunCommand.NAME);
  }

  /**
   * The command for this caller, with what the arguments ask for, as making all of it takes a third
   * of a short command's time; with all that it can do where they ask for nothing that there is.
   */
  static CommandLine commandLine(Caller caller, String... arguments) {
    Deque<String> words = new ArrayDeque<>(Arrays.asList(arguments));
    words.removeIf(word -> word.startsWith("-"));
    CommandLine commandLine = new CommandLine(new Tidemill(), caller);
    if (!addTo(commandLine, COMMANDS, words.poll(), caller)) {
      for (Subcommand more : ServiceLoader.load(Subcommand.class)) {
        commandLine.addSubcommand(more.command(caller.environment()));
      }
    }
    CommandLine model = commandLine.getSubcommands().get(ModelCommand.NAME);
    if (model != null) {
      addTo(model, ModelCommand.COMMANDS, words.poll(), caller);
    }
    register(commandLine, ModelRef.class, ModelRef::parse);
    register(commandLine, VersionArgument.class, VersionArgument::parse);
    register(commandLine, ByteSize.class, ByteSize::parse);
    register(commandLine, Device.class, Device::parse);
    register(commandLine, Duration.class, text -> Quantity.duration("time", text));
    register(commandLine, Instant.class, Tidemill::instant);
    register(commandLine, LocalTime.class, Tidemill::time);
    register(commandLine, DateArgument.class, DateArgument::parse);
    register(commandLine, Claim.class, Claim::parse);
    ErrorReport report = new ErrorReport();
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(parsed -> run(parsed, caller))
        .setParameterExceptionHandler(report)
        .setExecutionExceptionHandler(report);
  }

  /** Adds the command of a name alone and answers true or, if there is none, adds all. */
  private static boolean addTo(
      CommandLine commandLine, List<Class<?>> commands, @Nullable String name, Caller caller) {
    List<Class<?>> named =
        commands.stream()
            .filter(type -> type.getAnnotation(Command.class).name().equals(name))
            .toList();
    (named.isEmpty() ? commands : named)
        .forEach(type -> commandLine.addSubcommand(new CommandLine(type, caller)));
    return !named.isEmpty();
  }

  /** A moment: itself, or how long ago it was. */
  private static Instant instant(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException other) {
      try {
        return Instant.now().minus(Quantity.duration("time", text));
      } catch (IllegalArgumentException neither) {
        throw new IllegalArgumentException(
            "'%s' (expected: a time as in 2026-11-28T09:30:00Z, or how long ago, as in 2h)"
                .formatted(text),
            neither);
      }
    }
  }

  private static LocalTime time(String text) {
    try {
      return LocalTime.parse(text).truncatedTo(ChronoUnit.MINUTES);
    } catch (DateTimeParseException none) {
      throw new IllegalArgumentException(
          "'%s' (expected: a time of the day, as in 01:30)".formatted(text), none);
    }
  }

  private static int run(ParseResult parsed, Caller caller) {
    // In a language of other digits, Flink does not find the files again that a batch job has
    // written, and publishes none.
    Locale.setDefault(Locale.ROOT);
    try {
      FlinkFileSystems.of(caller.environment()).use();
    } catch (CommandFailedException unreadable) {
      throw new ExecutionException(
          parsed.commandSpec().commandLine(), String.valueOf(unreadable.getMessage()), unreadable);
    }
    try {
      return new RunLast().execute(parsed);
    } finally {
      caller.units().close();
    }
  }

  private static <T> void register(
      CommandLine commandLine, Class<T> type, Function<String, T> parse) {
    ITypeConverter<T> converter =
        text -> {
          try {
            return parse.apply(text);
          } catch (IllegalArgumentException | CommandFailedException refused) {
            throw new TypeConversionException(String.valueOf(refused.getMessage()));
          }
        };
    commandLine.registerConverter(type, converter);
  }

  boolean debug() {
    return debug;
  }

  @Override
  public void run() {
    throw missingCommand(spec);
  }

  /** What a command says that only holds others. */
  static ParameterException missingCommand(CommandSpec spec) {
    CommandLine command = spec.commandLine();
    PrintWriter err = command.getErr();
    command.usage(err);
    return new ParameterException(
        command,
        "no command (expected: one of "
            + String.join(", ", command.getSubcommands().keySet())
            + ")");
  }
}
