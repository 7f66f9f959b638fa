package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.connectors.record.FileFailureException;
import io.tidemill.model.ModelException;
import io.tidemill.pipelines.compose.ModelProblemsException;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.jobs.ClusterException;
import io.tidemill.pipelines.nightly.NightlyException;
import io.tidemill.pipelines.run.RunFailedException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.flink.util.ExceptionUtils;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Tells a user what went wrong, on stderr, and chooses the exit code. Stack traces are for {@code
 * --debug}.
 *
 * <p>Stateless and thread-safe.
 */
final class ErrorReport implements IParameterExceptionHandler, IExecutionExceptionHandler {

  /** For arguments that no command takes. */
  @Override
  public int handleParseException(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    PrintWriter err = new PrintWriter(new PlainWriter(command.getErr()), true);
    Optional<String> unknown = unknown(wrong);
    err.println(ConnectorOptions.withoutSecrets(unknown.orElse("tidemill: " + wrong.getMessage())));
    if (unknown.isEmpty()) {
      err.println("Usage: " + command.getHelp().synopsis(0).strip());
    }
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    Output.misused(command, List.of(arguments), unknown.orElse(String.valueOf(wrong.getMessage())));
    return ExitCode.USAGE.number();
  }

  /** What is said of a command or an option that there is not: the one that was probably meant. */
  private static Optional<String> unknown(ParameterException wrong) {
    if (!(wrong instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().isEmpty()) {
      return Optional.empty();
    }
    CommandSpec spec = wrong.getCommandLine().getCommandSpec();
    String word = unmatched.getUnmatched().get(0);
    boolean option = unmatched.isUnknownOption();
    if (!option && spec.subcommands().isEmpty()) {
      return Optional.empty();
    }
    String name = option ? word.replaceFirst("=.*", "") : word;
    Collection<String> allowed =
        option
            ? spec.options().stream().map(OptionSpec::longestName).sorted().toList()
            : spec.subcommands().keySet();
    return Optional.of(
        "%s: unknown %s '%s' %s"
            .formatted(
                spec.qualifiedName(),
                option ? "option" : "command",
                name,
                new Suggestion(name, allowed)));
  }

  /** For a command that failed while it ran. */
  @Override
  public int handleExecutionException(
      Exception failure, CommandLine command, ParseResult arguments) {
    PrintWriter err = new PrintWriter(new PlainWriter(command.getErr()), true);
    if (failure instanceof ParameterException wrong) {
      return handleParseException(wrong, arguments.originalArgs().toArray(String[]::new));
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      err.println("tidemill: interrupted");
      return ExitCode.INTERRUPTED.number();
    }
    boolean said =
        command.getCommandSpec().mixins().values().stream()
            .map(CommandSpec::userObject)
            .filter(Output.class::isInstance)
            .map(Output.class::cast)
            .anyMatch(output -> output.fail(file -> problems(failure, file)));
    if (!said) {
      err.println(ConnectorOptions.withoutSecrets(message(failure)));
    }
    if (debug(command)) {
      err.print(ConnectorOptions.withoutSecrets(ExceptionUtils.stringifyException(failure)));
    }
    return exitCode(failure).number();
  }

  /** What a failure answers to the caller. */
  private static ExitCode exitCode(Exception failure) {
    if (failure instanceof CommandFailedException failed) {
      return failed.exitCode();
    }
    if (failure instanceof InvalidPipelineException) {
      return ExitCode.USAGE;
    }
    if (failure instanceof ClusterException cluster) {
      return cluster.usage() ? ExitCode.USAGE : ExitCode.FAILED;
    }
    if (failure instanceof NightlyException nightly) {
      return switch (nightly.reason()) {
        case NO_INPUT -> ExitCode.NOT_YET;
        case TAKEN -> ExitCode.USAGE;
        case HELD -> ExitCode.HELD;
        case FAILED -> ExitCode.FAILED;
      };
    }
    boolean model =
        failure instanceof ModelException
            || failure instanceof ModelProblemsException
            || (failure instanceof RunFailedException run && run.modelAtFault());
    return model ? ExitCode.MODEL : ExitCode.FAILED;
  }

  private static List<Problem<Location>> problems(Exception failure, String file) {
    if (failure instanceof InvalidPipelineException invalid) {
      return invalid.problems();
    }
    if (failure instanceof ModelProblemsException missing) {
      return missing.problems();
    }
    return message(failure)
        .lines()
        .map(line -> new Problem<>(Location.of(file), line.replaceFirst("^tidemill: ", "")))
        .toList();
  }

  private static String message(Exception failure) {
    if (failure instanceof InvalidPipelineException || failure instanceof ModelProblemsException) {
      return String.valueOf(failure.getMessage());
    }
    if (failure instanceof UncheckedIOException
        && failure.getCause() instanceof FileFailureException file) {
      return "tidemill: " + file.getMessage();
    }
    if (failure instanceof CommandFailedException
        || failure instanceof ClusterException
        || failure instanceof ModelException
        || failure instanceof NightlyException
        || failure instanceof RunFailedException) {
      return "tidemill: " + failure.getMessage();
    }
    return "tidemill: unexpected "
        + failure.getClass().getSimpleName()
        + ": "
        + failure.getMessage()
        + "; run it again with --debug to see where";
  }

  private static boolean debug(CommandLine command) {
    return command.getCommandSpec().root().userObject() instanceof Tidemill tidemill
        && tidemill.debug();
  }
}
