package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.definition.Problem;

/** A problem as JSON has it; line and column are 0 for the file as a whole. */
record ProblemView(String file, int line, int column, String message) {
  static ProblemView of(Problem problem) {
    return new ProblemView(
        problem.location().file(),
        problem.location().line(),
        problem.location().column(),
        problem.message());
  }
}
