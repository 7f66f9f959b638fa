package io.tidemill.pipelines.definition;

import io.tidemill.connectors.problem.Problem;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A pipeline that cannot run as it is written, with every problem that was found. The author of the
 * pipeline must act; a retry does not help.
 */
public class InvalidPipelineException extends RuntimeException {
  // Transient because exceptions are serializable and problems need not be.
  private final transient List<Problem<Location>> problems;

  public InvalidPipelineException(List<Problem<Location>> problems) {
    super(ordered(problems).stream().map(Problem::toString).collect(Collectors.joining("\n")));
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("problems: none (expected: >= 1)");
    }
    this.problems = ordered(problems);
  }

  /** One with a single problem. */
  public static InvalidPipelineException at(Location place, String message) {
    return new InvalidPipelineException(List.of(new Problem<>(place, message)));
  }

  /** At least one problem, in the order of the file. */
  public List<Problem<Location>> problems() {
    return problems;
  }

  private static List<Problem<Location>> ordered(List<Problem<Location>> problems) {
    return problems.stream()
        .sorted(
            Comparator.comparing((Problem<Location> problem) -> problem.place())
                .thenComparing(Problem::message))
        .toList();
  }
}
