package io.tidemill.pipelines.compose;

import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The threads of engines that have one number of them for a whole process: steps of a job may meet
 * in one, and which of them comes there first is not known.
 */
final class EngineThreads {
  private EngineThreads() {}

  /**
   * Adds a problem for each step that does not say what the first of its engine to say any does.
   */
  static void check(
      List<StepDefinition> steps, List<Optional<StoredModel>> models, PlanProblems problems) {
    Map<String, List<StepDefinition>> sharing = new TreeMap<>();
    for (int i = 0; i < steps.size(); i++) {
      StepDefinition step = steps.get(i);
      models
          .get(i)
          .filter(StoredModel::threadsAreOfProcess)
          .map(StoredModel::engine)
          .ifPresent(
              engine -> sharing.computeIfAbsent(engine, none -> new ArrayList<>()).add(step));
    }
    sharing.forEach((engine, sharers) -> check(engine, sharers, problems));
  }

  private static void check(String engine, List<StepDefinition> steps, PlanProblems problems) {
    steps.stream()
        .filter(step -> threads(step) != null)
        .findFirst()
        .ifPresent(
            first ->
                steps.stream()
                    .filter(step -> !Objects.equals(threads(step), threads(first)))
                    .forEach(
                        step ->
                            problems.add(
                                "steps." + step.id() + ".resources.threads",
                                "%s",
                                message(engine, first, step))));
  }

  private static String message(String engine, StepDefinition first, StepDefinition step) {
    Integer threads = threads(step);
    return "resources of step '%s': threads: %s, but step '%s' says %d, and %s has one number of threads in a process (expected: the same in every step with %s, or none in all of them)"
        .formatted(
            step.id(),
            threads == null ? "none said" : threads,
            first.id(),
            threads(first),
            engine,
            engine);
  }

  private static @Nullable Integer threads(StepDefinition step) {
    return step.resources().threads();
  }
}
