package io.tidemill.pipelines.definition;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A pipeline that cannot run as it is written, with every problem that was found. The author of the
 * pipeline must act; a retry does not help.
 */
public final class InvalidPipelineException extends RuntimeException {
  // Transient because exceptions are serializable and problems need not be.
  private final transient List<Problem> problems;

  public InvalidPipelineException(List<Problem> problems) {
    super(problems.stream().sorted().map(Problem::toString).collect(Collectors.joining("\n")));
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("problems: none (expected: >= 1)");
    }
    this.problems = problems.stream().sorted().toList();
  }

  /** At least one problem, in the order of the file. */
  public List<Problem> problems() {
    return problems;
  }
}
