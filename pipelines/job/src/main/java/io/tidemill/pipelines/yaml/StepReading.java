package io.tidemill.pipelines.yaml;

import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.pipelines.definition.Quantity;
import io.tidemill.pipelines.definition.ResourcesDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads one step. */
final class StepReading {
  private static final List<String> KEYS =
      List.of(
          "id",
          "model",
          "input",
          "output",
          "batching",
          "resources",
          "order",
          "on-nan",
          "null-input",
          "dead-batches",
          "load-timeout",
          "call-timeout");
  private static final List<String> BATCHING_KEYS =
      List.of("max-size", "max-bytes", "max-delay", "max-in-flight");
  private static final List<String> RESOURCES_KEYS = List.of("device", "parallelism", "threads");
  private static final List<String> OUTPUT_KEYS = List.of("field", "labels");
  private static final String INPUT_FORM = "tensors and their fields as in { features: [a, b] }";
  private static final String OUTPUT_FORM = "tensors and their fields as in { score: my_score }";

  private final Document document;
  private final Section section;
  private final String step;

  private StepReading(Document document, Section section, String step) {
    this.document = document;
    this.section = section;
    this.step = step;
  }

  /**
   * Reads a step.
   *
   * @param name what messages call it, {@code step 'score'}
   * @param id the step's id; empty if the caller has reported it
   */
  static Optional<StepDefinition> read(
      Document document, Section section, String name, Optional<String> id) {
    return new StepReading(document, section, name).read(id);
  }

  private Optional<StepDefinition> read(Optional<String> id) {
    int problemsBefore = document.problemCount();
    section.allowOnly(KEYS);
    Optional<String> model =
        section.required(
            "model",
            "name:version as in fraud:1.4.2, or name@alias as in fraud@production",
            StepDefinition::checkModel);
    Map<String, List<String>> input = input();
    Map<String, OutputField> output = output();
    Optional<ResourcesDefinition> resources = resources();
    StepSettings settings = settings();
    if (document.problemCount() > problemsBefore) {
      return Optional.empty();
    }
    return id.flatMap(
        name ->
            model.flatMap(
                ref ->
                    resources.map(
                        place -> new StepDefinition(name, ref, input, output, place, settings))));
  }

  private Map<String, List<String>> input() {
    Map<String, List<String>> input = new LinkedHashMap<>();
    int problemsBefore = document.problemCount();
    section
        .requiredSection("input", "input of " + step, INPUT_FORM)
        .ifPresent(
            tensors -> {
              for (String tensor : tensors.keys()) {
                tensors
                    .optional(tensor)
                    .ifPresent(node -> input.put(tensor, tensors.texts(tensor, node)));
              }
              check("input", problemsBefore, () -> StepDefinition.checkInput(input));
            });
    return input;
  }

  private Map<String, OutputField> output() {
    Map<String, OutputField> output = new LinkedHashMap<>();
    int problemsBefore = document.problemCount();
    section
        .requiredSection("output", "output of " + step, OUTPUT_FORM)
        .ifPresent(
            tensors -> {
              for (String tensor : tensors.keys()) {
                tensors
                    .optional(tensor)
                    .flatMap(node -> outputField(tensors, tensor, node))
                    .ifPresent(field -> output.put(tensor, field));
              }
              check("output", problemsBefore, () -> StepDefinition.checkOutput(output));
            });
    return output;
  }

  private Optional<OutputField> outputField(Section tensors, String tensor, Node node) {
    if (!(node instanceof MappingNode)) {
      return tensors.scalar(tensor, node, OutputField::new);
    }
    return tensors
        .section(tensor, "output '" + tensor + "' of " + step)
        .flatMap(
            field -> {
              field.allowOnly(OUTPUT_KEYS);
              List<String> labels =
                  field
                      .optional("labels")
                      .map(list -> field.texts("labels", list))
                      .orElse(List.of());
              return field.required(
                  "field", "the field's name", name -> new OutputField(name, labels));
            });
  }

  /** Reports what a check refuses, unless the parts of it were refused already. */
  private void check(String key, int problemsBefore, Runnable check) {
    if (document.problemCount() > problemsBefore) {
      return;
    }
    try {
      check.run();
    } catch (IllegalArgumentException refused) {
      section.report(key, "%s", String.valueOf(refused.getMessage()));
    }
  }

  /** Each value goes through the settings' own checks, and is refused where it stands. */
  private StepSettings settings() {
    StepSettings read = batching(StepSettings.defaults());
    read =
        read.withOrder(section.choice("order", read.order()))
            .withOnNan(section.choice("on-nan", read.onNan()))
            .withNullInput(section.choice("null-input", read.nullInput()));
    read =
        section.changed(
            "dead-batches",
            read,
            (settings, text) -> settings.withDeadBatches(wholeNumber("dead-batches", text)));
    read =
        section.changed(
            "load-timeout",
            read,
            (settings, text) -> settings.withLoadTimeout(Quantity.duration("load-timeout", text)));
    return section.changed(
        "call-timeout",
        read,
        (settings, text) -> settings.withCallTimeout(Quantity.duration("call-timeout", text)));
  }

  private StepSettings batching(StepSettings defaults) {
    Optional<Section> batching = section.section("batching", "batching of " + step);
    if (batching.isEmpty()) {
      return defaults;
    }
    Section limits = batching.get();
    limits.allowOnly(BATCHING_KEYS);
    StepSettings read =
        limits.changed(
            "max-size",
            defaults,
            (settings, text) -> settings.withMaxSize(wholeNumber("max-size", text)));
    read =
        limits.changed(
            "max-bytes",
            read,
            (settings, text) -> settings.withMaxBytes(Quantity.bytes("max-bytes", text)));
    read =
        limits.changed(
            "max-delay",
            read,
            (settings, text) -> settings.withMaxDelay(Quantity.duration("max-delay", text)));
    return limits.changed(
        "max-in-flight",
        read,
        (settings, text) -> settings.withMaxInFlight(wholeNumber("max-in-flight", text)));
  }

  private Optional<ResourcesDefinition> resources() {
    return section
        .requiredSection("resources", "resources of " + step, "a device as in { device: cpu }")
        .flatMap(
            resources -> {
              resources.allowOnly(RESOURCES_KEYS);
              Integer parallelism =
                  resources
                      .optional(
                          "parallelism",
                          text ->
                              ResourcesDefinition.checkParallelism(
                                  wholeNumber("parallelism", text)))
                      .orElse(null);
              Integer threads =
                  resources
                      .optional(
                          "threads",
                          text -> ResourcesDefinition.checkThreads(wholeNumber("threads", text)))
                      .orElse(null);
              return resources
                  .required("device", ResourcesDefinition.DEVICES, ResourcesDefinition::checkDevice)
                  .map(device -> new ResourcesDefinition(device, parallelism, threads));
            });
  }

  private static int wholeNumber(String subject, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notWhole) {
      throw new IllegalArgumentException(
          subject + ": '" + text + "' (expected: a whole number)", notWhole);
    }
  }
}
