package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A job: where records come from, which models score them in turn, and where the predictions go.
 *
 * @param name names the job, and what belongs to it elsewhere
 * @param store the model store's URI; null for the one that the caller uses
 * @param development whether {@code latest} models are allowed
 * @param steps at least one, in the order of the records' way
 * @param deadLetter where records go that could not be scored; null where one fails the job
 * @param verify which signatures the models must have
 * @param nightly what a run for a date is told
 * @param flinkOptions Flink's own configuration
 */
public record PipelineDefinition(
    String name,
    ExecutionMode mode,
    @Nullable String store,
    boolean development,
    ConnectorDefinition source,
    List<StepDefinition> steps,
    ConnectorDefinition sink,
    @Nullable ConnectorDefinition deadLetter,
    VerifyDefinition verify,
    NightlyDefinition nightly,
    Map<String, String> flinkOptions) {
  /** What a job's name looks like, as a regular expression. */
  public static final String NAME_FORM = Names.FORM;

  public PipelineDefinition {
    checkName(name);
    requireNonNull(mode, "mode");
    if (store != null) {
      checkStore(store);
    }
    requireNonNull(source, "source");
    steps = List.copyOf(steps);
    requireNonNull(sink, "sink");
    requireNonNull(verify, "verify");
    requireNonNull(nightly, "nightly");
    flinkOptions = Collections.unmodifiableMap(new LinkedHashMap<>(flinkOptions));
    checkSteps(steps);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it cannot name a job
   */
  public static String checkName(String name) {
    return Names.check("name", name);
  }

  /**
   * Checks one value as far as that is possible without opening it.
   *
   * @throws IllegalArgumentException if it is blank
   */
  public static String checkStore(String store) {
    return Names.checkText("store", store);
  }

  /** The same job with another model store. */
  public PipelineDefinition withStore(String uri) {
    return new PipelineDefinition(
        name,
        mode,
        uri,
        development,
        source,
        steps,
        sink,
        deadLetter,
        verify,
        nightly,
        flinkOptions);
  }

  /** The same job with other steps. */
  public PipelineDefinition withSteps(List<StepDefinition> others) {
    return new PipelineDefinition(
        name,
        mode,
        store,
        development,
        source,
        others,
        sink,
        deadLetter,
        verify,
        nightly,
        flinkOptions);
  }

  /** The same job with other places for what it makes, and other options of Flink. */
  public PipelineDefinition with(
      ConnectorDefinition predictions,
      @Nullable ConnectorDefinition deadLetters,
      Map<String, String> flink) {
    return new PipelineDefinition(
        name,
        mode,
        store,
        development,
        source,
        steps,
        predictions,
        deadLetters,
        verify,
        nightly,
        flink);
  }

  private static void checkSteps(List<StepDefinition> steps) {
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("steps: none (expected: >= 1)");
    }
    Set<String> ids = new HashSet<>();
    for (StepDefinition step : steps) {
      if (!ids.add(step.id())) {
        throw new IllegalArgumentException(
            "steps: id '" + step.id() + "' twice (expected: distinct ids)");
      }
    }
  }
}
