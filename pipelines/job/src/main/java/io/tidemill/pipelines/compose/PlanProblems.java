package io.tidemill.pipelines.compose;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.tidemill.connectors.Connectors;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.options.InvalidOptionsException;
import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.InvalidSchemaException;
import io.tidemill.connectors.problem.Problem;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.model.ModelException;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.table.api.TableException;
import org.apache.flink.table.api.ValidationException;
import org.jspecify.annotations.Nullable;

/** What is wrong with a pipeline while it is planned; planning goes on to the next problem. */
final class PlanProblems {
  private final Function<String, Location> locations;
  private final Problems<Location> problems = new Problems<>();
  private @Nullable ModelException firstModelProblem;
  private boolean authorMustAct;

  PlanProblems(Function<String, Location> locations) {
    this.locations = locations;
  }

  /** Adds a problem of the part at a path such as {@code steps.score.model}. */
  @FormatMethod
  void add(String path, @FormatString String message, Object... arguments) {
    authorMustAct = true;
    problems.add(locations.apply(path), message, arguments);
  }

  /** Adds a problem of an option of the part whose place is a path. */
  void add(Problem<OptionKey> problem) {
    add(problem.place().part() + "." + problem.place().key(), "%s", problem);
  }

  void add(String path, ModelException problem) {
    firstModelProblem = firstModelProblem == null ? problem : firstModelProblem;
    problems.add(locations.apply(path), "%s", String.valueOf(problem.getMessage()));
  }

  /** What a part makes, unless its making refuses. */
  <T> Optional<T> collect(String path, Supplier<T> making) {
    try {
      return Optional.of(making.get());
    } catch (InvalidOptionsException refused) {
      refused.problems().forEach(this::add);
    } catch (InvalidSchemaException refused) {
      refused.problems().forEach(problem -> add(path, "%s", problem));
    } catch (IllegalArgumentException
        | UnsupportedOperationException
        | ValidationException
        | TableException refused) {
      add(path, "%s", String.valueOf(refused.getMessage()));
    }
    return Optional.empty();
  }

  /** Adds what can be told of a part whose columns are not known. */
  void check(ConnectorOptions options, @Nullable ConnectorOptions source) {
    collect(
        options.place(),
        () -> {
          new Connectors().check(options, source);
          return options;
        });
  }

  /** All so far, in the order in which they were found. */
  List<Problem<Location>> all() {
    return problems.all();
  }

  /** Ends the planning if anything was wrong. */
  void throwIfAny() {
    if (authorMustAct) {
      throw new InvalidPipelineException(problems.all());
    }
    if (firstModelProblem != null) {
      throw new ModelProblemsException(problems.all(), firstModelProblem);
    }
  }
}
