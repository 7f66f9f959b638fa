package io.tidemill.pipelines.compose;

import io.tidemill.model.loader.StoredModel;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The threads of engines that have one number of them for a whole process: steps of a job may meet
 * in one, and which of them comes there first is not known. Not thread-safe.
 */
final class EngineThreads {
  private final PlanProblems problems;
  private final Map<String, List<StepDefinition>> unsaid = new HashMap<>();
  private final Map<String, StepDefinition> saying = new HashMap<>();

  EngineThreads(PlanProblems problems) {
    this.problems = problems;
  }

  /**
   * Adds a step, and a problem for each step that does not say what the first of its engine to say
   * any does.
   */
  void add(StepDefinition step, StoredModel model) {
    if (!model.threadsAreOfProcess()) {
      return;
    }
    String engine = model.engine();
    StepDefinition first = saying.get(engine);
    if (first != null) {
      compare(engine, first, step);
    } else if (step.resources().threads() == null) {
      unsaid.computeIfAbsent(engine, none -> new ArrayList<>()).add(step);
    } else {
      saying.put(engine, step);
      unsaid.getOrDefault(engine, List.of()).forEach(silent -> compare(engine, step, silent));
    }
  }

  private void compare(String engine, StepDefinition first, StepDefinition step) {
    Integer threads = step.resources().threads();
    if (!Objects.equals(threads, first.resources().threads())) {
      problems.add(
          "steps." + step.id() + ".resources.threads",
          "resources of step '%s': threads: %s, but step '%s' says %s, and %s has one number of"
              + " threads in a process (expected: the same in every step with %s, or none in all of"
              + " them)",
          step.id(),
          threads == null ? "none said" : threads,
          first.id(),
          String.valueOf(first.resources().threads()),
          engine,
          engine);
    }
  }
}
