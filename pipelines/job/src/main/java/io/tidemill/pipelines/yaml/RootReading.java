package io.tidemill.pipelines.yaml;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.pipelines.definition.ConnectorDefinition;
import io.tidemill.pipelines.definition.ErrorsDefinition;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.GatesDefinition;
import io.tidemill.pipelines.definition.MisreadPipelineException;
import io.tidemill.pipelines.definition.NightlyDefinition;
import io.tidemill.pipelines.definition.PipelineDefinition;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.definition.VerifyDefinition;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reads the root of a file: the job itself. */
final class RootReading {
  private static final String CONNECTOR_FORM = "a connector and its options";
  private static final Key<String> NAME =
      Key.scalar(
              "name",
              "Names the job, its transactions and its metrics",
              Schema.form(PipelineDefinition.NAME_FORM, "string", "number", "boolean"),
              PipelineDefinition::checkName)
          .required("the job's name");
  private static final Key<ExecutionMode> MODE =
      Key.choice("mode", "streaming, or batch for a source that ends", ExecutionMode.STREAMING);
  private static final Key<String> STORE =
      Key.scalar(
          "store",
          "The model store's URI, or a folder relative to the job's file",
          Schema.NOT_BLANK,
          PipelineDefinition::checkStore);
  private static final Key<Boolean> DEVELOPMENT =
      Key.flag("development", "Whether a model may be name:latest").otherwise(false);
  private static final Key<Section> SOURCE =
      Key.section("source", "Where records come from", ConnectorReading.SOURCE)
          .required(CONNECTOR_FORM);
  private static final Key<Node> STEPS =
      Key.of(
              "steps",
              "One or several, each scoring what the one before it hands on",
              Schema.list(StepReading.KEYS.schema()),
              (job, node) -> Optional.of(node))
          .required("a list of steps, each with id and model");
  private static final Key<Section> SINK =
      Key.section(
              "sink",
              "Where predictions go; without schema or columns it writes the source's"
                  + " columns and the predictions",
              ConnectorReading.SINK)
          .required(CONNECTOR_FORM);
  private static final Key<Section> DEAD_LETTER =
      Key.section(
          "dead-letter",
          "Where records go that cannot be scored; without it, one of them fails the job",
          ConnectorReading.DEAD_LETTER);
  private static final Key<Boolean> VERIFY_REQUIRED =
      Key.flag("required", "Whether versions must be signed").required("true or false");
  private static final Key<List<String>> VERIFY_KEYS =
      Key.texts(
          "keys",
          "Files with public keys in PEM, relative to the job's file; one of them must have"
              + " signed");
  private static final Key<Section> VERIFY =
      Key.section(
          "verify",
          "Whose signatures the models must have",
          Keys.of(VERIFY_REQUIRED, VERIFY_KEYS)
              .and(
                  "if",
                  Schema.of(
                      "properties",
                      Map.of(VERIFY_REQUIRED.name(), Map.of("enum", List.of(true, "true")))))
              .and("then", Schema.of("required", List.of(VERIFY_KEYS.name()))));
  private static final Key<ZoneId> TIME_ZONE =
      Key.scalar(
              "time-zone",
              "Of a batch job: whose days --date today and yesterday mean, by its name",
              Schema.NOT_BLANK.and("examples", List.of("Europe/Berlin", "America/New_York")),
              RootReading::zone)
          .otherwise(NightlyDefinition.DEFAULT_ZONE);
  private static final Key<Double> MAX_RATE =
      rateKey(
          "max-rate", "The largest part of the records that may be dead letters, as in 1% or 0.01");
  private static final Key<Integer> MIN_RECORDS =
      Key.number("min-records", "Of fewer records max-rate is not asked", 0, Integer.MAX_VALUE)
          .otherwise(0);
  private static final Key<Integer> MAX_COUNT =
      Key.number("max-count", "The most dead letters", 0, Integer.MAX_VALUE);
  private static final Key<Section> ERRORS =
      Key.section(
          "errors",
          "Of a batch job: past which number of dead letters a run for a date fails and publishes"
              + " nothing",
          Keys.of(MAX_RATE, MIN_RECORDS, MAX_COUNT)
              .and(
                  "anyOf",
                  List.of(
                      Map.of("required", List.of("max-rate")),
                      Map.of("required", List.of("max-count")))));
  private static final Key<Integer> MIN_ROWS =
      Key.number("min-rows", "The fewest predictions", 0, Integer.MAX_VALUE);
  private static final Key<Double> MAX_NULL_RATE =
      rateKey(
          "max-null-rate",
          "The largest part of a field's predictions that may be null or NaN, as in 1% or 0.01");
  private static final Key<Double> PSI =
      limitKey(
          "psi",
          "The largest population stability index of a predicted field against the date before, as"
              + " in 0.2",
          0.2);
  private static final Key<Double> QUANTILES =
      limitKey(
          "quantiles",
          "The furthest that a quantile of a predicted field may have moved from the date before, as"
              + " a part of what lies between 5% and 95% of its values there, as in 0.1",
          0.1);
  private static final Key<GatesDefinition.OnFail> ON_FAIL =
      Key.choice(
          "on-fail",
          "hold the predictions until a person publishes or discards them, or fail the run",
          GatesDefinition.OnFail.HOLD);
  private static final Key<Section> GATES =
      Key.section(
          "gates",
          "Of a batch job: what the predictions of a run for a date must be like to be published",
          Keys.of(MIN_ROWS, MAX_NULL_RATE, PSI, QUANTILES, ON_FAIL)
              .and(
                  "anyOf",
                  List.of(
                      Map.of("required", List.of("min-rows")),
                      Map.of("required", List.of("max-null-rate")),
                      Map.of("required", List.of("psi")),
                      Map.of("required", List.of("quantiles")))));
  private static final Key<Section> FLINK =
      Key.section(
          "flink",
          "Flink's own options, such as execution.checkpointing.interval: 10s",
          Keys.open(Schema.SCALAR));

  /** Of Flink, which takes them relative to a folder of each process. */
  private static final List<String> FLINK_FOLDERS =
      List.of(
          "execution.checkpointing.dir",
          "state.checkpoints.dir",
          "execution.checkpointing.savepoint-dir",
          "state.savepoints.dir",
          "high-availability.storageDir",
          "process.working-dir",
          "blob.storage.directory");

  static final Keys KEYS =
      Keys.of(
              NAME,
              MODE,
              STORE,
              DEVELOPMENT,
              SOURCE,
              STEPS,
              SINK,
              DEAD_LETTER,
              VERIFY,
              TIME_ZONE,
              ERRORS,
              GATES,
              FLINK)
          .and(
              "if",
              Schema.of(
                      "properties",
                      Map.of(
                          MODE.name(),
                          Schema.choice(List.of(ExecutionMode.BATCH.label())).keywords()))
                  .and("required", List.of(MODE.name())))
          .and(
              "else",
              Schema.of(
                  "properties",
                  Map.of(SOURCE.name(), ConnectorReading.WITH_DECLARED_COLUMNS.keywords())));

  private final Document document;
  private final Section job;

  /**
   * Begins at the root.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if it is no mapping
   */
  RootReading(Document document, Node root) {
    this.document = document;
    this.job = Section.of(document, root, "the job", "", KEYS).orElseThrow(document::failure);
  }

  /**
   * Reads all of it.
   *
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with every problem
   */
  PipelineDefinition read() {
    Optional<String> name = job.read(NAME);
    ExecutionMode mode = job.read(MODE).orElse(ExecutionMode.STREAMING);
    String store = job.read(STORE).map(document::beside).orElse(null);
    boolean development = job.read(DEVELOPMENT).orElse(false);
    ConnectorReading connectors = new ConnectorReading(document, mode == ExecutionMode.BATCH);
    Optional<ConnectorDefinition> source = job.read(SOURCE).flatMap(connectors::source);
    List<StepDefinition> steps = steps();
    Optional<ConnectorDefinition> sink = job.read(SINK).flatMap(connectors::sink);
    ConnectorDefinition deadLetter =
        job.read(DEAD_LETTER).flatMap(connectors::deadLetter).orElse(null);
    VerifyDefinition verify = job.read(VERIFY).map(this::verify).orElse(VerifyDefinition.NONE);
    NightlyDefinition nightly = nightly(mode);
    Map<String, String> flinkOptions =
        job.read(FLINK).map(section -> section.texts()).orElseGet(LinkedHashMap::new);
    FLINK_FOLDERS.forEach(
        key -> flinkOptions.computeIfPresent(key, (same, path) -> document.beside(path)));
    if (document.problemCount() > 0) {
      throw document.misread(
          new MisreadPipelineException.Parts(
              source.orElse(null), sink.orElse(null), deadLetter, flinkOptions));
    }
    return new PipelineDefinition(
        name.orElseThrow(document::failure),
        mode,
        store,
        development,
        source.orElseThrow(document::failure),
        steps,
        sink.orElseThrow(document::failure),
        deadLetter,
        verify,
        nightly,
        flinkOptions);
  }

  private NightlyDefinition nightly(ExecutionMode mode) {
    if (mode != ExecutionMode.BATCH) {
      for (Key<?> key : List.of(TIME_ZONE, ERRORS, GATES)) {
        if (job.has(key)) {
          job.report(key.name(), "given in mode %s (expected: mode: batch)", mode.label());
        }
      }
    }
    ZoneId zone = job.read(TIME_ZONE).orElse(NightlyDefinition.DEFAULT.timeZone());
    ErrorsDefinition errors =
        job.read(ERRORS)
            .flatMap(
                section -> {
                  Double rate = section.read(MAX_RATE).orElse(null);
                  Integer count = section.read(MAX_COUNT).orElse(null);
                  int least = section.read(MIN_RECORDS).orElse(0);
                  boolean misread = section.has(MAX_RATE) && rate == null;
                  misread |= section.has(MAX_COUNT) && count == null;
                  return misread
                      ? Optional.<ErrorsDefinition>empty()
                      : job.checked(
                          ERRORS.name(),
                          () ->
                              new ErrorsDefinition(
                                  rate, least, count == null ? null : count.longValue()));
                })
            .orElse(null);
    return new NightlyDefinition(zone, errors, gates());
  }

  private @Nullable GatesDefinition gates() {
    return job.read(GATES)
        .flatMap(
            section -> {
              Integer rows = section.read(MIN_ROWS).orElse(null);
              Double nulls = section.read(MAX_NULL_RATE).orElse(null);
              Double psi = section.read(PSI).orElse(null);
              Double quantiles = section.read(QUANTILES).orElse(null);
              GatesDefinition.OnFail onFail =
                  section.read(ON_FAIL).orElse(GatesDefinition.OnFail.HOLD);
              boolean misread = section.has(MIN_ROWS) && rows == null;
              misread |= section.has(MAX_NULL_RATE) && nulls == null;
              misread |= section.has(PSI) && psi == null;
              misread |= section.has(QUANTILES) && quantiles == null;
              return misread
                  ? Optional.<GatesDefinition>empty()
                  : job.checked(
                      GATES.name(),
                      () ->
                          new GatesDefinition(
                              rows == null ? null : rows.longValue(),
                              nulls,
                              psi,
                              quantiles,
                              onFail));
            })
        .orElse(null);
  }

  private static Key<Double> rateKey(String name, String description) {
    return Key.scalar(
        name,
        description,
        Schema.form("\\d+(?:\\.\\d+)?\\s*%|\\d*\\.?\\d+", "number", "string")
            .and("minimum", 0)
            .and("maximum", 1),
        RootReading::rate);
  }

  private static Key<Double> limitKey(String name, String description, double usual) {
    return Key.scalar(
        name,
        description,
        Schema.form("\\d*\\.?\\d+", "number", "string").and("exclusiveMinimum", 0),
        text -> limit(text, usual));
  }

  private static double limit(String text, double usual) {
    try {
      double limit = Double.parseDouble(text.trim());
      if (limit > 0 && limit < Double.POSITIVE_INFINITY) {
        return limit;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below.
    }
    throw new IllegalArgumentException("'%s' (expected: > 0, as in %s)".formatted(text, usual));
  }

  private static ZoneId zone(String name) {
    Set<String> known = ZoneId.getAvailableZoneIds();
    if (!known.contains(name)) {
      throw new IllegalArgumentException(
          "'%s' (%sexpected: a name such as Europe/Berlin or UTC)"
              .formatted(name, new Suggestion(name, new TreeSet<>(known)).meant()));
    }
    return ZoneId.of(name);
  }

  private static double rate(String text) {
    String trimmed = text.trim();
    boolean percent = trimmed.endsWith("%");
    try {
      String number = percent ? trimmed.substring(0, trimmed.length() - 1) : trimmed;
      double rate = Double.parseDouble(number.trim()) / (percent ? 100 : 1);
      if (rate >= 0 && rate <= 1) {
        return rate;
      }
    } catch (NumberFormatException notANumber) {
      // Refused below.
    }
    throw new IllegalArgumentException("'%s' (expected: 0%% to 100%%, or 0 to 1)".formatted(text));
  }

  private List<StepDefinition> steps() {
    List<StepDefinition> steps = new ArrayList<>();
    Optional<Node> node = job.read(STEPS);
    if (node.isEmpty()) {
      return steps;
    }
    if (!(node.get() instanceof SequenceNode sequence)) {
      job.report(
          STEPS.name(), "not a list (expected: a list of steps, each beginning with '- id:')");
      return steps;
    }
    if (sequence.getValue().isEmpty()) {
      job.report(STEPS.name(), "none (expected: >= 1)");
    }
    Set<String> ids = new HashSet<>();
    for (Node item : sequence.getValue()) {
      step(item, ids).ifPresent(steps::add);
    }
    return steps;
  }

  private Optional<StepDefinition> step(Node item, Set<String> ids) {
    String shownId = idOf(item);
    String name = "step '" + shownId + "'";
    return Section.of(document, item, name, "steps." + shownId, StepReading.KEYS)
        .flatMap(
            section -> {
              Optional<String> id = section.read(StepReading.ID);
              if (id.isPresent() && !ids.add(id.get())) {
                section.report(
                    StepReading.ID.name(), "'%s' twice (expected: distinct ids)", id.get());
              }
              return StepReading.read(document, section, name, id);
            });
  }

  /** A step's id before the step is read, so that every message about it can name it. */
  private static String idOf(Node step) {
    if (step instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode key
            && key.getValue().equals(StepReading.ID.name())
            && tuple.getValueNode() instanceof ScalarNode value) {
          return value.getValue();
        }
      }
    }
    return "?";
  }

  private VerifyDefinition verify(Section verify) {
    boolean required = verify.read(VERIFY_REQUIRED).orElse(false);
    List<Path> keys = new ArrayList<>();
    for (String file : verify.read(VERIFY_KEYS).orElse(List.of())) {
      verify.checked(VERIFY_KEYS.name(), () -> verify.file(file)).ifPresent(keys::add);
    }
    if (required) {
      verify.demand(VERIFY_KEYS, "a list of files with public keys");
    }
    // Without keys there is a problem already, so that the answer is not used.
    return new VerifyDefinition(required && !keys.isEmpty(), keys);
  }
}
