package io.tidemill.pipelines.compose;

import io.tidemill.connectors.problem.Problem;
import io.tidemill.pipelines.definition.Location;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A pipeline that is right as it is written, with models that cannot be had. The publisher of the
 * models or the operator of the store must act.
 */
public final class ModelProblemsException extends RuntimeException {
  // Transient because exceptions are serializable and problems need not be.
  private final transient List<Problem<Location>> problems;

  ModelProblemsException(List<Problem<Location>> problems, Throwable first) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")), first);
    this.problems = List.copyOf(problems);
  }

  /** At least one problem. */
  public List<Problem<Location>> problems() {
    return problems;
  }
}
