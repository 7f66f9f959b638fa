package io.tidemill.connectors.options;

import io.tidemill.connectors.problem.Problem;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The options of a connector are wrong; the message has one line per problem. The author of the
 * pipeline must act, a retry does not help.
 */
public final class InvalidOptionsException extends IllegalArgumentException {
  private final transient List<Problem<OptionKey>> problems;

  public InvalidOptionsException(List<Problem<OptionKey>> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** All problems that were found, at least one. */
  public List<Problem<OptionKey>> problems() {
    return problems;
  }
}
