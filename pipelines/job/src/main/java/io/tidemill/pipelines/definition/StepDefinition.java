package io.tidemill.pipelines.definition;

import static java.util.Objects.requireNonNull;

import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One model call in a job.
 *
 * @param id names the step in uids, metrics and messages
 * @param model the model's reference as it was written: {@code fraud:1.4.2}, {@code
 *     fraud@production}
 * @param input for each input tensor, the fields that fill it, in their order
 * @param output for each output tensor that is kept, the field that it becomes
 * @param settings how it runs, but for what only a graph can tell
 */
public record StepDefinition(
    String id,
    String model,
    Map<String, List<String>> input,
    Map<String, OutputField> output,
    ResourcesDefinition resources,
    StepSettings settings) {
  /** What an id looks like, as a regular expression. */
  public static final String ID_FORM = Names.FORM;

  /** Which ids are taken: the uids of what is around the steps, and of each step's dead letters. */
  public static final String TAKEN_IDS =
      "(source|sink|dead-letter|fail-on-dead-letter)(-.*)?|.*-dead-letters";

  private static final Pattern TAKEN = Pattern.compile(TAKEN_IDS);

  public StepDefinition {
    checkId(id);
    checkModel(model);
    Map<String, List<String>> fields = new LinkedHashMap<>();
    input.forEach((tensor, names) -> fields.put(tensor, List.copyOf(names)));
    input = Collections.unmodifiableMap(fields);
    output = Collections.unmodifiableMap(new LinkedHashMap<>(output));
    requireNonNull(resources, "resources");
    requireNonNull(settings, "settings");
    checkInput(input);
    checkOutput(output);
  }

  /** The same step with another model, or version of it. */
  public StepDefinition withModel(String other) {
    return new StepDefinition(id, other, input, output, resources, settings);
  }

  /** The same step with other resources. */
  public StepDefinition withResources(ResourcesDefinition others) {
    return new StepDefinition(id, model, input, output, others, settings);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if it cannot name a step
   */
  public static String checkId(String id) {
    if (TAKEN.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "id: '"
              + id
              + "' (expected: neither source, sink, dead-letter or fail-on-dead-letter nor what"
              + " begins with one of them and '-', nor what ends with -dead-letters)");
    }
    return Names.check("id", id);
  }

  /**
   * Checks one value as far as that is possible without a store.
   *
   * @throws IllegalArgumentException if it is blank
   */
  public static String checkModel(String model) {
    return Names.checkText("model", model);
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if there is no tensor, or one without fields
   */
  public static void checkInput(Map<String, List<String>> input) {
    if (input.isEmpty()) {
      throw new IllegalArgumentException("input: none (expected: >= 1 tensor)");
    }
    input.forEach(
        (tensor, fields) -> {
          if (fields.isEmpty()) {
            throw new IllegalArgumentException(
                "input: no fields for tensor '" + tensor + "' (expected: >= 1)");
          }
          fields.forEach(
              field -> Names.checkText("input: field of tensor '" + tensor + "'", field));
        });
  }

  /**
   * Checks one value.
   *
   * @throws IllegalArgumentException if there is no tensor, or two of them become one field
   */
  public static void checkOutput(Map<String, OutputField> output) {
    if (output.isEmpty()) {
      throw new IllegalArgumentException("output: none (expected: >= 1 tensor)");
    }
    Set<String> names = new HashSet<>();
    for (OutputField field : output.values()) {
      if (!names.add(field.name())) {
        throw new IllegalArgumentException(
            "output: field '" + field.name() + "' twice (expected: once)");
      }
    }
  }
}
