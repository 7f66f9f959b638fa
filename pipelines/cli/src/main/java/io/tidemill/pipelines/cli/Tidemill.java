package io.tidemill.pipelines.cli;

import io.tidemill.model.Device;
import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ByteSize;
import io.tidemill.pipelines.yaml.Quantity;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.ServiceLoader;
import java.util.function.Function;
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
    subcommands = {
      RunCommand.class,
      StopCommand.class,
      PlanCommand.class,
      ValidateCommand.class,
      ModelCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it ran and failed",
      "2:wrong usage, or a job that cannot run as it is written",
      "3:the model or the store is not as it should be",
      "130:stopped by Ctrl-C"
    })
public final class Tidemill implements Runnable {
  /** The system property that holds the level of what is logged to stderr. */
  private static final String LOG_LEVEL = "tidemill.log.level";

  private static final String DEBUG = "--debug";

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
    Caller caller = new Caller(System.getenv(), Terminal.ofProcess());
    System.exit(commandLine(caller).execute(arguments));
  }

  /** The command with all that it can do, for this caller. */
  static CommandLine commandLine(Caller caller) {
    CommandLine commandLine = new CommandLine(new Tidemill(), caller);
    for (Subcommand more : ServiceLoader.load(Subcommand.class)) {
      commandLine.addSubcommand(more.command(caller.environment()));
    }
    register(commandLine, ModelRef.class, ModelRef::parse);
    register(commandLine, VersionArgument.class, VersionArgument::parse);
    register(commandLine, ByteSize.class, ByteSize::parse);
    register(commandLine, Device.class, Device::parse);
    register(commandLine, Duration.class, text -> Quantity.duration("time", text));
    ErrorReport report = new ErrorReport();
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(parsed -> run(parsed, caller))
        .setParameterExceptionHandler(report)
        .setExecutionExceptionHandler(report);
  }

  private static int run(ParseResult parsed, Caller caller) {
    try {
      FlinkFileSystems.of(caller.environment()).use();
    } catch (CommandFailedException unreadable) {
      throw new ExecutionException(
          parsed.commandSpec().commandLine(), String.valueOf(unreadable.getMessage()), unreadable);
    }
    return new RunLast().execute(parsed);
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
