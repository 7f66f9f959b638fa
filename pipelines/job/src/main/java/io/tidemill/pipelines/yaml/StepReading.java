package io.tidemill.pipelines.yaml;

import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.ModelRef;
import io.tidemill.pipelines.definition.ResourcesDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
          "call-timeout",
          "short-call");
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
            text -> {
              ModelRef.parse(text);
              return text;
            });
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
              check("input", problemsBefore, input, StepDefinition::checkInput);
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
              check("output", problemsBefore, output, StepDefinition::checkOutput);
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
  private <T> void check(String key, int problemsBefore, T value, Consumer<T> check) {
    if (document.problemCount() == problemsBefore) {
      section.checked(
          key,
          () -> {
            check.accept(value);
            return value;
          });
    }
  }

  /** Each value goes through the settings' own checks, and is refused where it stands. */
  private StepSettings settings() {
    StepSettings read =
        section
            .section("batching", "batching of " + step)
            .map(StepReading::batching)
            .orElse(StepSettings.defaults());
    read =
        read.withOrder(section.choice("order", read.order()))
            .withOnNan(section.choice("on-nan", read.onNan()))
            .withNullInput(section.choice("null-input", read.nullInput()));
    read = section.number("dead-batches", read, StepSettings::withDeadBatches);
    read = section.duration("load-timeout", read, StepSettings::withLoadTimeout);
    read = section.duration("call-timeout", read, StepSettings::withCallTimeout);
    return section.duration("short-call", read, StepSettings::withShortCall);
  }

  private static StepSettings batching(Section limits) {
    limits.allowOnly(List.of("max-size", "max-bytes", "max-delay", "max-in-flight"));
    StepSettings read =
        limits.number("max-size", StepSettings.defaults(), StepSettings::withMaxSize);
    read = limits.bytes("max-bytes", read, StepSettings::withMaxBytes);
    read = limits.duration("max-delay", read, StepSettings::withMaxDelay);
    return limits.number("max-in-flight", read, StepSettings::withMaxInFlight);
  }

  private Optional<ResourcesDefinition> resources() {
    return section
        .requiredSection("resources", "resources of " + step, "a device as in { device: cpu }")
        .map(
            resources -> {
              resources.allowOnly(List.of("device", "parallelism", "threads"));
              ResourcesDefinition read =
                  resources
                      .required("device", ResourcesDefinition.DEVICES, ResourcesDefinition::on)
                      .orElse(ResourcesDefinition.on("cpu"));
              read = resources.number("parallelism", read, ResourcesDefinition::withParallelism);
              return resources.number("threads", read, ResourcesDefinition::withThreads);
            });
  }
}
