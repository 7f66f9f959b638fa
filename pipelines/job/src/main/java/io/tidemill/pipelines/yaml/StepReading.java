package io.tidemill.pipelines.yaml;

import io.tidemill.inference.batch.BatchPolicy;
import io.tidemill.inference.batch.InFlight.Order;
import io.tidemill.inference.step.OutputField;
import io.tidemill.inference.step.StepSettings;
import io.tidemill.inference.step.StepSettings.OnNotFinite;
import io.tidemill.inference.step.StepSettings.OnNullInput;
import io.tidemill.model.ModelRef;
import io.tidemill.pipelines.definition.ResourcesDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads one step. */
final class StepReading {
  private static final StepSettings DEFAULTS = StepSettings.defaults();

  static final Key<String> ID =
      Key.scalar(
              "id",
              "Names the step in metrics, messages and savepoints; keep it while the job lives",
              Schema.form(StepDefinition.ID_FORM, "string", "number", "boolean")
                  .and("not", Schema.text(StepDefinition.TAKEN_IDS)),
              StepDefinition::checkId)
          .required("the step's name");
  private static final Key<String> MODEL =
      Key.scalar(
              "model",
              "name:version, or name@alias, which is resolved when the job is planned",
              Schema.form(ModelRef.FORM, "string")
                  .and("examples", List.of("fraud:1.4.2", "fraud@production")),
              text -> {
                ModelRef.parse(text);
                return text;
              })
          .required("name:version as in fraud:1.4.2, or name@alias as in fraud@production");
  private static final Key<Section> INPUT =
      Key.section(
              "input",
              "For each input tensor its fields, as in features: [amount, hour]; a field in"
                  + " a field is pay.amount",
              Keys.open(Schema.either(Schema.NOT_BLANK, Schema.list(Schema.NOT_BLANK)))
                  .and("minProperties", 1))
          .required("tensors and their fields as in { features: [a, b] }");
  private static final Key<String> FIELD =
      Key.<String>scalar("field", "The field's name", Schema.NOT_BLANK, Function.identity())
          .required("the field's name");
  private static final Key<List<String>> LABELS =
      Key.texts(
          "labels",
          "Words for the elements in their order: the field is that of the largest, or of"
              + " the class that an integer counts from 0");
  private static final Keys OUTPUT_FIELD = Keys.of(FIELD, LABELS);
  private static final Key<Section> OUTPUT =
      Key.section(
              "output",
              "For each tensor to keep its field, as in score: fraud_score or class: {"
                  + " field: verdict, labels: [honest, fraud] }",
              Keys.open(Schema.either(Schema.NOT_BLANK, OUTPUT_FIELD.schema()))
                  .and("minProperties", 1))
          .required("tensors and their fields as in { score: my_score }");
  private static final Key<Integer> MAX_SIZE =
      Key.number("max-size", "The most records of a batch", 1, BatchPolicy.LARGEST_SIZE)
          .otherwise(DEFAULTS.batching().maxSize());
  private static final Key<Long> MAX_BYTES = Key.bytes("max-bytes", "The most bytes of a batch");
  private static final Key<Duration> MAX_DELAY =
      Key.duration(
          "max-delay",
          "The longest the first record of a batch waits for the others",
          DEFAULTS.batching().maxDelay());
  private static final Key<Integer> MAX_IN_FLIGHT =
      Key.number(
              "max-in-flight",
              "The most batches at the model; half as many calls at a time, the others"
                  + " encoded and waiting",
              1,
              BatchPolicy.LARGEST_IN_FLIGHT)
          .otherwise(DEFAULTS.batching().maxInFlight());
  private static final Key<Section> BATCHING =
      Key.section(
          "batching",
          "When a batch closes, and how many are in flight",
          Keys.of(MAX_SIZE, MAX_BYTES, MAX_DELAY, MAX_IN_FLIGHT));
  private static final Key<ResourcesDefinition> DEVICE =
      Key.scalar(
              "device",
              ResourcesDefinition.DEVICES,
              Schema.form(ResourcesDefinition.DEVICE_FORM, "string")
                  .and("examples", List.of("cpu", "gpu", "gpu:auto")),
              ResourcesDefinition::on)
          .required(ResourcesDefinition.DEVICES);
  private static final Key<Integer> PARALLELISM =
      Key.number(
          "parallelism",
          "Subtasks of the step; else the largest of the job's steps",
          1,
          ResourcesDefinition.MAX_PARALLELISM);
  private static final Key<Integer> THREADS =
      Key.number(
          "threads",
          "Threads that compute one model call; else the engine's own choice",
          1,
          ResourcesDefinition.MAX_THREADS);
  private static final Key<Section> RESOURCES =
      Key.section(
              "resources",
              "Where the step runs, and with how much",
              Keys.of(DEVICE, PARALLELISM, THREADS))
          .required("a device as in { device: cpu }");
  private static final Key<Order> ORDER =
      Key.choice("order", "ordered, or unordered between two watermarks", DEFAULTS.order());
  private static final Key<OnNotFinite> ON_NAN =
      Key.choice(
          "on-nan",
          "What becomes of a record whose prediction is NaN or infinite",
          DEFAULTS.onNan());
  private static final Key<OnNullInput> NULL_INPUT =
      Key.choice(
          "null-input",
          "What becomes of a record with a null input; by-model is nan for boosters, else"
              + " dead-letter",
          DEFAULTS.nullInput());
  private static final Key<Integer> DEAD_BATCHES =
      Key.number(
              "dead-batches",
              "As many batches of dead letters only, one after the other, fail the task; 0"
                  + " for never",
              0,
              Integer.MAX_VALUE)
          .otherwise(DEFAULTS.deadBatches());
  private static final Key<Duration> LOAD_TIMEOUT =
      Key.duration(
          "load-timeout",
          "The limit on fetching, loading and warming up the model",
          DEFAULTS.timeouts().load());
  private static final Key<Duration> CALL_TIMEOUT =
      Key.duration(
          "call-timeout",
          "The limit on one model call, and on encoding or decoding one batch, which has 10 s at least; what passes it fails the task",
          DEFAULTS.timeouts().call());
  private static final Key<Duration> SHORT_CALL =
      Key.duration(
          "short-call",
          "The longest call that the task thread makes itself; 0s leaves every call to the workers",
          DEFAULTS.timeouts().shortCall());
  private static final Key<Integer> TRACE_EVERY =
      Key.number(
              "trace-every",
              "One of so many batches of a subtask reports a span to Flink's trace reporters; 0"
                  + " for none",
              0,
              Integer.MAX_VALUE)
          .otherwise(DEFAULTS.traceEvery());

  static final Keys KEYS =
      Keys.of(
          ID,
          MODEL,
          INPUT,
          OUTPUT,
          BATCHING,
          RESOURCES,
          ORDER,
          ON_NAN,
          NULL_INPUT,
          DEAD_BATCHES,
          LOAD_TIMEOUT,
          CALL_TIMEOUT,
          SHORT_CALL,
          TRACE_EVERY);

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
    Optional<String> model = section.read(MODEL);
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
        .read(INPUT)
        .ifPresent(
            tensors -> {
              tensors
                  .values()
                  .forEach((tensor, node) -> input.put(tensor, tensors.texts(tensor, node)));
              check(INPUT, problemsBefore, input, StepDefinition::checkInput);
            });
    return input;
  }

  private Map<String, OutputField> output() {
    Map<String, OutputField> output = new LinkedHashMap<>();
    int problemsBefore = document.problemCount();
    section
        .read(OUTPUT)
        .ifPresent(
            tensors -> {
              tensors
                  .values()
                  .forEach(
                      (tensor, node) ->
                          outputField(tensors, tensor, node)
                              .ifPresent(field -> output.put(tensor, field)));
              check(OUTPUT, problemsBefore, output, StepDefinition::checkOutput);
            });
    return output;
  }

  private Optional<OutputField> outputField(Section tensors, String tensor, Node node) {
    if (!(node instanceof MappingNode)) {
      return tensors.scalar(tensor, node, OutputField::new);
    }
    return tensors
        .section(tensor, node, "output '" + tensor + "' of " + step, OUTPUT_FIELD)
        .flatMap(
            field -> {
              List<String> labels = field.read(LABELS).orElse(List.of());
              return field
                  .read(FIELD)
                  .flatMap(
                      name -> field.checked(FIELD.name(), () -> new OutputField(name, labels)));
            });
  }

  /** Reports what a check refuses, unless the parts of it were refused already. */
  private <T> void check(Key<?> key, int problemsBefore, T value, Consumer<T> check) {
    if (document.problemCount() == problemsBefore) {
      section.checked(
          key.name(),
          () -> {
            check.accept(value);
            return value;
          });
    }
  }

  /** Each value goes through the settings' own checks, and is refused where it stands. */
  private StepSettings settings() {
    StepSettings read = section.read(BATCHING).map(StepReading::batching).orElse(DEFAULTS);
    read = section.change(ORDER, read, StepSettings::withOrder);
    read = section.change(ON_NAN, read, StepSettings::withOnNan);
    read = section.change(NULL_INPUT, read, StepSettings::withNullInput);
    read = section.change(DEAD_BATCHES, read, StepSettings::withDeadBatches);
    read = section.change(LOAD_TIMEOUT, read, StepSettings::withLoadTimeout);
    read = section.change(CALL_TIMEOUT, read, StepSettings::withCallTimeout);
    read = section.change(SHORT_CALL, read, StepSettings::withShortCall);
    return section.change(TRACE_EVERY, read, StepSettings::withTraceEvery);
  }

  private static StepSettings batching(Section limits) {
    StepSettings read = limits.change(MAX_SIZE, DEFAULTS, StepSettings::withMaxSize);
    read = limits.change(MAX_BYTES, read, StepSettings::withMaxBytes);
    read = limits.change(MAX_DELAY, read, StepSettings::withMaxDelay);
    return limits.change(MAX_IN_FLIGHT, read, StepSettings::withMaxInFlight);
  }

  private Optional<ResourcesDefinition> resources() {
    return section
        .read(RESOURCES)
        .map(
            resources -> {
              ResourcesDefinition read =
                  resources.read(DEVICE).orElse(ResourcesDefinition.on("cpu"));
              read = resources.change(PARALLELISM, read, ResourcesDefinition::withParallelism);
              return resources.change(THREADS, read, ResourcesDefinition::withThreads);
            });
  }
}
