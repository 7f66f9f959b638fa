package io.tidemill.pipelines.kubernetes;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.model.Device;
import io.tidemill.pipelines.carried.JobFiles;
import io.tidemill.pipelines.carried.WrittenSecrets;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import io.tidemill.pipelines.doctor.Cluster;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.VariableUse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the objects of a streaming job and those of a nightly one have in common. Immutable.
 *
 * @param planned of a nightly job, for some date
 * @param written the job with its templates
 */
record DeployedJob(PlannedPipeline planned, ParsedPipeline written, JobFiles files, Target target) {
  /** Where pods have the job's files. */
  static final String FOLDER = "/opt/tidemill/job";

  private static final String JOB = FOLDER + "/" + PackedJob.YAML;

  /** Where they keep models while they run, and what engines unpack. */
  private static final String CACHE = "/opt/tidemill/cache";

  /** The same for TensorFlow's library, which asks no variable: their user may have no home. */
  static final String UNPACKED = "-Dorg.bytedeco.javacpp.cachedir=" + CACHE;

  /** Of the official images of Flink. */
  private static final int FLINK_USER = 9999;

  /**
   * Checks what only pods cannot have.
   *
   * @throws InvalidPipelineException with all of it
   */
  void check() {
    Problems<Location> problems = new Problems<>();
    // What is written out in the file, a ConfigMap would show to all who read the namespace.
    WrittenSecrets secrets = new WrittenSecrets(written, "in the Secret");
    files
        .connectors()
        .forEach(
            (part, connector) -> {
              secrets.check(problems, part, connector.options());
              ConnectorOptions options = new ConnectorOptions(part, connector.options());
              options.files().forEach(key -> checkReach(problems, options, key));
            });
    secrets.check(problems, "flink", files.moved().flinkOptions());
    secrets.checkComments(problems, files.texts());
    checkFlinkOptions(problems);
    if (readsStore()) {
      checkStore(problems);
    }
    if (!problems.all().isEmpty()) {
      throw new InvalidPipelineException(problems.all());
    }
  }

  private void checkStore(Problems<Location> problems) {
    String store = store();
    if (Cluster.isOfOneMachine(store) && target.store() == null) {
      problems.add(
          written.locationOf("store"),
          "store: '%s' (expected: one that pods reach, as in s3://…, or --pod-store with the folder where their image or a --claim has it)",
          store);
    } else if (!ConnectorOptions.withoutSecrets(store).equals(store)) {
      problems.add(
          written.locationOf("store"),
          "store: a secret in its URI (expected: credentials in the Secret, by --variable)");
    }
  }

  private void checkFlinkOptions(Problems<Location> problems) {
    Map<String, String> absolute = written.definition().flinkOptions();
    files
        .moved()
        .flinkOptions()
        .forEach(
            (key, value) -> {
              if (!value.equals(absolute.get(key)) && !target.flinkOptions().containsKey(key)) {
                problems.add(
                    written.locationOf("flink." + key),
                    "%s: '%s' (expected: one that all pods reach, as in s3://…, or an absolute one below a --claim)",
                    key,
                    files.folder().relativize(Path.of(value)));
              }
            });
    Stream.concat(
            files.moved().flinkOptions().keySet().stream(), target.flinkOptions().keySet().stream())
        .filter(
            key ->
                List.of(
                        "kubernetes.namespace",
                        "kubernetes.cluster-id",
                        "high-availability.cluster-id")
                    .contains(key))
        .forEach(
            key ->
                problems.add(
                    written.locationOf("flink." + key),
                    "%s (expected: none; the operator sets it)",
                    key));
    target
        .flinkOptions()
        .forEach(
            (key, value) -> {
              if (WrittenSecrets.isSecret(key, value)) {
                problems.add(
                    Location.of("--set"),
                    "%s: a secret, which anyone would read in the objects (expected: ${NAME} in the job's 'flink:', or Flink's own variable, in the Secret by --variable)",
                    key);
              }
            });
  }

  /** What is not of the job's data may be in the image of the pods, too. */
  private void checkReach(Problems<Location> problems, ConnectorOptions options, String key) {
    String path = options.value(key).orElse("");
    // What is written relative to the job is elsewhere where the job is.
    boolean relative =
        Optional.ofNullable(JobFiles.connectors(written.definition()).get(options.place()))
            .filter(original -> path.equals(original.options().get(key)))
            .isEmpty();
    boolean data =
        List.of(ConnectorOptions.PATH, ConnectorOptions.ACCOUNT, ConnectorOptions.WAREHOUSE)
            .contains(key);
    if (relative || (data && !reaches(path))) {
      problems.add(
          written.locationOf(options.place() + "." + key),
          "%s: %s '%s' (expected: %s)",
          options.place(),
          key,
          relative ? files.folder().relativize(Path.of(path)) : path,
          data
              ? "one that all pods reach, as in s3://…, or an absolute one below a --claim"
              : "an absolute one that all pods have, in their image or below a --claim");
    }
  }

  /** Whether all pods have the same there. */
  boolean reaches(String path) {
    String folder = Path.of(path.replaceFirst("^file:(//)?", "")).normalize().toString();
    return !Cluster.isOfOneMachine(path)
        || target.claims().stream().anyMatch(claim -> claim.holds(folder));
  }

  /** Where pods find the models. */
  String store() {
    if (target.store() != null) {
      return target.store();
    }
    return target.unit() == null ? planned.describe().store() : target.unit().store();
  }

  /** A run for a date is one process, which has what came with a unit. */
  private boolean readsStore() {
    return target.unit() == null || planned.definition().mode() == ExecutionMode.STREAMING;
  }

  /** Where pods have the job. */
  String path() {
    return target.unit() == null ? JOB : target.unit().path();
  }

  ObjectName name() {
    return target.name() == null
        ? ObjectName.ofJob(planned.definition().name())
        : new ObjectName(target.name());
  }

  /** The most subtasks of any operator. */
  int parallelism() {
    return planned.describe().operators().stream()
        .mapToInt(operator -> operator.parallelism())
        .max()
        .orElse(1);
  }

  /** The most that compute one call of a model, as far as the job says. */
  int threads() {
    return planned.definition().steps().stream()
        .map(step -> step.resources().threads())
        .filter(Objects::nonNull)
        .mapToInt(Integer::intValue)
        .max()
        .orElse(1);
  }

  /** How many GPUs a process needs: those up to the last that a step names. */
  int gpus() {
    return planned.storedModels().stream()
        .map(model -> model.placement().device())
        .filter(device -> device.kind() == Device.Kind.GPU)
        .mapToInt(device -> device.isChosenByTask() ? 1 : device.index() + 1)
        .max()
        .orElse(0);
  }

  Fields labels() {
    return Fields.of("app.kubernetes.io/name", "tidemill")
        .and("app.kubernetes.io/instance", name().text())
        .and("app.kubernetes.io/managed-by", "tidemill-render");
  }

  Fields object(String version, String kind, String name) {
    return Fields.of("apiVersion", version)
        .and("kind", kind)
        .and(
            "metadata",
            Fields.of("name", name).maybe("namespace", target.namespace()).and("labels", labels()));
  }

  /** Options of the call: what wins over the job's file. */
  List<String> arguments() {
    List<String> words = new ArrayList<>();
    target
        .flinkOptions()
        .forEach((key, value) -> words.addAll(List.of("--set", key + "=" + value)));
    if (readsStore()) {
      words.addAll(List.of("--store", store()));
    }
    return words;
  }

  /** A key of the ConfigMap for each file that pods do not have in a unit, by its path. */
  private Map<String, String> keys() {
    return target.unit() == null ? files.keys() : Map.of();
  }

  /** Its name changes with its contents, as pods would not see that they have changed. */
  Optional<Fields> configMap(Map<String, String> more) {
    Fields data = new Fields();
    keys().forEach((path, key) -> data.and(key, files.text(path)));
    data.andAll(more);
    return data.values().isEmpty()
        ? Optional.empty()
        : Optional.of(
            object("v1", "ConfigMap", configMapName(more))
                .and("immutable", true)
                .and("data", data));
  }

  private String configMapName(Map<String, String> more) {
    return "%s-job-%s".formatted(name(), files.digest(more));
  }

  /** The volumes of a pod. */
  List<Fields> volumes(Map<String, String> more) {
    List<Fields> items = new ArrayList<>();
    keys().forEach((path, key) -> items.add(Fields.of("key", key).and("path", path)));
    more.keySet().forEach(key -> items.add(Fields.of("key", key).and("path", key)));
    List<Fields> volumes = new ArrayList<>();
    if (!items.isEmpty()) {
      volumes.add(
          Fields.of("name", "job")
              .and("configMap", Fields.of("name", configMapName(more)).and("items", items)));
    }
    volumes.add(Fields.of("name", "cache").and("emptyDir", new Fields()));
    for (Claim claim : target.claims()) {
      volumes.add(
          Fields.of("name", "claim-" + target.claims().indexOf(claim))
              .and("persistentVolumeClaim", Fields.of("claimName", claim.name())));
    }
    return volumes;
  }

  List<Fields> mounts(Map<String, String> more) {
    List<Fields> mounts = new ArrayList<>();
    if (!keys().isEmpty() || !more.isEmpty()) {
      mounts.add(Fields.of("name", "job").and("mountPath", FOLDER).and("readOnly", true));
    }
    mounts.add(Fields.of("name", "cache").and("mountPath", CACHE));
    for (Claim claim : target.claims()) {
      mounts.add(
          Fields.of("name", "claim-" + target.claims().indexOf(claim))
              .and("mountPath", claim.path()));
    }
    return mounts;
  }

  String secret() {
    return Optional.ofNullable(target.secret()).orElse(name() + "-env");
  }

  /** The variables that pods take from the Secret, and whether they can do without. */
  private Map<String, Boolean> variables() {
    Map<String, Boolean> variables =
        written.variables().stream()
            .collect(
                Collectors.toMap(
                    VariableUse::name, VariableUse::optional, (a, b) -> a && b, TreeMap::new));
    target.variables().forEach(name -> variables.put(name, false));
    return variables;
  }

  List<Fields> environment() {
    List<Fields> environment = new ArrayList<>();
    environment.add(Fields.of("name", "TIDEMILL_CACHE").and("value", CACHE));
    environment.add(Fields.of("name", "DJL_CACHE_DIR").and("value", CACHE));
    environment.add(Fields.of("name", "TF_CPP_MIN_LOG_LEVEL").and("value", "2"));
    variables()
        .forEach(
            (name, optional) -> {
              Fields key = Fields.of("name", secret()).and("key", name);
              environment.add(
                  Fields.of("name", name)
                      .and(
                          "valueFrom",
                          Fields.of("secretKeyRef", optional ? key.and("optional", true) : key)));
            });
    return environment;
  }

  /** What a person has to know before the objects are applied. */
  String head() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Job '%s', made by 'tidemill render kubernetes' for %s. Make it again when the job changes, and apply it again."
            .formatted(planned.definition().name(), String.join(", ", planned.modelNames())));
    if (target.unit() != null) {
      lines.add(
          "Unit %s is yours to put into the image, or on a claim, as %s."
              .formatted(target.unit().version(), target.unit().path()));
    }
    Map<String, Boolean> variables = variables();
    if (!variables.isEmpty()) {
      lines.add(
          "Secret '%s' is yours to make: it holds %s."
              .formatted(
                  secret(),
                  variables.entrySet().stream()
                      .map(
                          variable ->
                              variable.getKey() + (variable.getValue() ? " (has a default)" : ""))
                      .collect(Collectors.joining(", "))));
    }
    return String.join("\n", lines);
  }

  static Fields podSecurity() {
    return Fields.of("runAsUser", FLINK_USER)
        .and("runAsGroup", FLINK_USER)
        .and("fsGroup", FLINK_USER)
        .and("runAsNonRoot", true)
        .and("seccompProfile", Fields.of("type", "RuntimeDefault"));
  }

  static Fields containerSecurity() {
    return Fields.of("allowPrivilegeEscalation", false)
        .and("capabilities", Fields.of("drop", List.of("ALL")));
  }
}
