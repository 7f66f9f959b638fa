package io.tidemill.pipelines.cli;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.model.InvalidModelException;
import io.tidemill.pipelines.definition.Location;
import java.util.List;

/** What JSON has of a problem of a job; line and column are 0 for the file as a whole. */
record ProblemView(String file, int line, int column, String message) {
  /** What is wrong with a unit as a whole. */
  static List<Problem<Location>> ofUnit(String file, InvalidModelException broken) {
    return List.of(new Problem<>(Location.of(file), String.valueOf(broken.getMessage())));
  }

  static List<ProblemView> of(List<Problem<Location>> problems) {
    return problems.stream()
        .map(
            problem ->
                new ProblemView(
                    problem.place().file(),
                    problem.place().line(),
                    problem.place().column(),
                    ConnectorOptions.withoutSecrets(problem.message())))
        .toList();
  }
}
