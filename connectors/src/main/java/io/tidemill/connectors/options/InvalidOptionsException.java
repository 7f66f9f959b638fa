package io.tidemill.connectors.options;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The options of a connector are wrong; the message has one line per problem. The author of the
 * pipeline must act, a retry does not help.
 */
public final class InvalidOptionsException extends IllegalArgumentException {
  private final transient List<OptionProblem> problems;

  public InvalidOptionsException(List<OptionProblem> problems) {
    super(problems.stream().map(OptionProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** All problems that were found, at least one. */
  public List<OptionProblem> problems() {
    return problems;
  }
}
