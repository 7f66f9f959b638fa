package io.tidemill.pipelines.compose;

import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.OptionProblem;
import io.tidemill.model.ModelException;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.definition.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is wrong with a pipeline while it is planned; planning goes on to the next problem. */
final class PlanProblems {
  private final Function<String, Location> locations;
  private final List<Problem> problems = new ArrayList<>();
  private @Nullable ModelException firstModelProblem;
  private boolean authorMustAct;

  PlanProblems(Function<String, Location> locations) {
    this.locations = locations;
  }

  /** Adds a problem of the part at a path such as {@code steps.score.model}. */
  void add(String path, String message) {
    authorMustAct = true;
    problems.add(new Problem(locations.apply(path), message));
  }

  void add(OptionProblem problem) {
    String path = problem.key().isEmpty() ? problem.place() : problem.place() + "." + problem.key();
    add(path, problem.toString());
  }

  void add(String path, ModelException problem) {
    firstModelProblem = firstModelProblem == null ? problem : firstModelProblem;
    problems.add(new Problem(locations.apply(path), String.valueOf(problem.getMessage())));
  }

  /** What a part makes, unless its making refuses. */
  <T> Optional<T> collect(String path, Supplier<T> making) {
    try {
      return Optional.of(making.get());
    } catch (InvalidOptionsException refused) {
      refused.problems().forEach(this::add);
    } catch (IllegalArgumentException refused) {
      add(path, String.valueOf(refused.getMessage()));
    }
    return Optional.empty();
  }

  /** Ends the planning if anything was wrong. */
  void throwIfAny() {
    if (authorMustAct) {
      throw new InvalidPipelineException(problems);
    }
    if (firstModelProblem != null) {
      throw new ModelProblemsException(problems, firstModelProblem);
    }
  }
}
