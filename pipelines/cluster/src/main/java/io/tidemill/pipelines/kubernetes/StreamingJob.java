package io.tidemill.pipelines.kubernetes;

import static org.apache.flink.configuration.CheckpointingOptions.CHECKPOINTING_INTERVAL;
import static org.apache.flink.configuration.CheckpointingOptions.CHECKPOINTS_DIRECTORY;
import static org.apache.flink.configuration.CheckpointingOptions.SAVEPOINT_DIRECTORY;
import static org.apache.flink.configuration.HighAvailabilityOptions.HA_STORAGE_PATH;

import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.jspecify.annotations.Nullable;

/**
 * A streaming job as a FlinkDeployment of Flink's operator, with what it needs around it.
 * Immutable.
 *
 * @param storage a folder that outlives the pods; null where the job says all that is in it
 * @param flinkVersion as in 2.3.0
 * @param jar of the entry class, in the image
 * @param opens options of the JVM, without which Arrow does not start
 */
record StreamingJob(
    DeployedJob job, @Nullable String storage, String flinkVersion, String jar, String opens) {
  private static final int METRICS = 9249;
  private static final int REST = 8081;
  private static final String GPU = "external-resource.gpu.";

  /** What is in the deployment's other fields, or worked out of it. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          TaskManagerOptions.TOTAL_PROCESS_MEMORY.key(),
          TaskManagerOptions.TOTAL_FLINK_MEMORY.key(),
          TaskManagerOptions.TASK_HEAP_MEMORY.key(),
          TaskManagerOptions.MANAGED_MEMORY_FRACTION.key(),
          JobManagerOptions.TOTAL_PROCESS_MEMORY.key());

  /** All of them, in the order in which they are applied. */
  Manifests manifests() {
    return new Manifests(
        head(),
        Stream.of(
                Stream.of(job.object("v1", "ServiceAccount", name()), role(), roleBinding()),
                job.configMap(Map.of()).stream(),
                Stream.of(networkPolicy(), deployment(), podMonitor()))
            .flatMap(Function.identity())
            .toList());
  }

  private String name() {
    return job.name().text();
  }

  private String head() {
    List<String> fromEnvironment =
        job.files().moved().flinkOptions().keySet().stream().filter(this::isOfEnvironment).toList();
    return job.head()
        + (fromEnvironment.isEmpty()
            ? ""
            : "\nNot in flinkConfiguration, as their values are the environment's, and so only for the job itself: "
                + String.join(", ", fromEnvironment));
  }

  private boolean isOfEnvironment(String key) {
    return job.written().variables().stream().anyMatch(use -> use.path().equals("flink." + key));
  }

  private Fields role() {
    return job.object("rbac.authorization.k8s.io/v1", "Role", name())
        .and(
            "rules",
            List.of(
                rule("", "pods", "configmaps"),
                rule("apps", "deployments", "deployments/finalizers")),
            "The JobManager makes the TaskManagers' pods, and keeps in ConfigMaps where the job is.");
  }

  private static Fields rule(String group, String... resources) {
    return Fields.of("apiGroups", List.of(group))
        .and("resources", List.of(resources))
        .and("verbs", List.of("get", "list", "watch", "create", "update", "patch", "delete"));
  }

  private Fields roleBinding() {
    return job.object("rbac.authorization.k8s.io/v1", "RoleBinding", name())
        .and(
            "roleRef",
            Fields.of("apiGroup", "rbac.authorization.k8s.io")
                .and("kind", "Role")
                .and("name", name()))
        .and(
            "subjects",
            List.of(
                Fields.of("kind", "ServiceAccount")
                    .and("name", name())
                    .maybe("namespace", job.target().namespace())));
  }

  /** Flink's own label of all pods of a deployment. */
  private Fields pods() {
    return Fields.of("matchLabels", Fields.of("app", name()));
  }

  private Fields networkPolicy() {
    return job.object("networking.k8s.io/v1", "NetworkPolicy", name())
        .and(
            "spec",
            Fields.of("podSelector", pods())
                .and("policyTypes", List.of("Ingress"))
                .and(
                    "ingress",
                    List.of(
                        Fields.of("from", List.of(Fields.of("podSelector", pods()))),
                        from("flink-kubernetes-operator", REST),
                        from("prometheus", METRICS)),
                    "Its own pods, Flink's operator and Prometheus, by the labels that their charts give them,\nin whichever namespace. Nobody else reaches the web UI: 'kubectl port-forward' does."));
  }

  private static Fields from(String application, int port) {
    return Fields.of(
            "from",
            List.of(
                Fields.of("namespaceSelector", new Fields())
                    .and(
                        "podSelector",
                        Fields.of(
                            "matchLabels", Fields.of("app.kubernetes.io/name", application)))))
        .and("ports", List.of(Fields.of("protocol", "TCP").and("port", port)));
  }

  private Fields podMonitor() {
    return job.object("monitoring.coreos.com/v1", "PodMonitor", name())
        .and(
            "spec",
            Fields.of("selector", pods())
                .and("podMetricsEndpoints", List.of(Fields.of("port", "metrics"))),
            "For the operator of Prometheus; leave this object out where there is none.");
  }

  private Fields deployment() {
    int parallelism = job.parallelism();
    TaskManagerSize size = TaskManagerSize.of(job.planned(), parallelism);
    MemorySize jobManager =
        job.planned()
            .configuration()
            .getOptional(JobManagerOptions.TOTAL_PROCESS_MEMORY)
            .orElse(MemorySize.ofMebiBytes(2048));
    return job.object("flink.apache.org/v1beta1", "FlinkDeployment", name())
        .and(
            "spec",
            Fields.of("image", job.target().image())
                .and("flinkVersion", "v" + flinkVersion.replaceFirst("(\\d+)\\.(\\d+).*", "$1_$2"))
                .and("serviceAccount", name())
                .and("flinkConfiguration", configuration(size))
                .and("podTemplate", Fields.of("metadata", models()).and("spec", pod()))
                .and("jobManager", resource(1, jobManager))
                .and("taskManager", resource(size.slots() * job.threads(), size.process()))
                .and("job", spec(parallelism)));
  }

  private static Fields resource(int processors, MemorySize memory) {
    return Fields.of(
        "resource", Fields.of("cpu", processors).and("memory", TaskManagerSize.text(memory)));
  }

  private boolean makesCheckpoints() {
    return job.planned().configuration().contains(CHECKPOINTING_INTERVAL);
  }

  private Fields spec(int parallelism) {
    List<String> arguments = new ArrayList<>(List.of(ClusterJob.EXIT_ON_FAILED_PLAN, job.path()));
    arguments.addAll(job.arguments());
    Fields spec =
        Fields.of("jarURI", jar)
            .and("entryClass", ClusterJob.class.getName())
            .and("args", arguments)
            .and("parallelism", parallelism)
            .and(
                "state",
                job.target().suspended() ? "suspended" : "running",
                makesCheckpoints()
                    ? "'suspended' takes all of its pods away and keeps its state; 'running' goes on from there."
                    : "'suspended' takes all of its pods away, and 'running' begins anew.");
    return makesCheckpoints()
        ? spec.and("upgradeMode", "last-state")
        : spec.and(
            "upgradeMode",
            "stateless",
            "The job makes no checkpoints: set execution.checkpointing.interval in its 'flink:' for 'last-state'.");
  }

  /** What is planned when it starts; with another version behind an alias it is to start again. */
  private Fields models() {
    DeployedUnit unit = job.target().unit();
    return Fields.of(
        "annotations",
        Fields.of("tidemill.io/models", String.join(", ", job.planned().modelNames()))
            .maybe("tidemill.io/unit", unit == null ? null : unit.version()));
  }

  private Fields pod() {
    return Fields.of("securityContext", DeployedJob.podSecurity())
        .and(
            "containers",
            List.of(
                Fields.of("name", "flink-main-container")
                    .and("securityContext", DeployedJob.containerSecurity())
                    .and("env", job.environment())
                    .and(
                        "ports",
                        List.of(Fields.of("name", "metrics").and("containerPort", METRICS)))
                    .and("volumeMounts", job.mounts(Map.of()))))
        .and("volumes", job.volumes(Map.of()));
  }

  private Fields configuration(TaskManagerSize size) {
    Map<String, String> options = new TreeMap<>();
    options.put("restart-strategy.type", "exponential-delay");
    if (makesCheckpoints()) {
      options.put(
          "execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
    }
    options.put("high-availability.type", "kubernetes");
    options.put(
        "metrics.reporter.prometheus.factory.class",
        "org.apache.flink.metrics.prometheus.PrometheusReporterFactory");
    options.put("metrics.reporter.prometheus.port", String.valueOf(METRICS));
    options.put("metrics.reporter.prometheus.filterLabelValueCharacters", "false");
    // A plugin of the image; where it has none, there is no label.
    options.put("jobmanager.failure-enrichers", "io.tidemill.pipelines.failures.FailureLabels");
    // The entry class is in Flink's lib folder, too, beside the engines, which load there only.
    options.put("classloader.resolve-order", "parent-first");
    if (job.gpus() > 0) {
      options.put("external-resources", "gpu");
      options.put(GPU + "amount", String.valueOf(job.gpus()));
      options.put(
          GPU + "driver-factory.class", "org.apache.flink.externalresource.gpu.GPUDriverFactory");
      options.put(GPU + "kubernetes.config-key", "nvidia.com/gpu");
    }
    job.files()
        .moved()
        .flinkOptions()
        .forEach(
            (key, value) -> {
              if (!isOfEnvironment(key)) {
                options.put(key, value);
              }
            });
    options.putAll(job.target().flinkOptions());
    options.putAll(folders(Configuration.fromMap(options)));
    options.keySet().removeAll(ELSEWHERE);
    options.merge(
        "env.java.opts.all",
        opens + " " + DeployedJob.UNPACKED,
        (said, needed) -> needed + " " + said);
    options.put(TaskManagerOptions.NUM_TASK_SLOTS.key(), String.valueOf(size.slots()));
    options.put(
        TaskManagerOptions.TASK_OFF_HEAP_MEMORY.key(), TaskManagerSize.text(size.offHeap()));
    options.put(TaskManagerOptions.MANAGED_MEMORY_SIZE.key(), TaskManagerSize.text(size.managed()));
    Fields fields = new Fields().andAll(options);
    if (!options.containsKey("job.autoscaler.enabled")) {
      fields.and(
          "job.autoscaler.enabled",
          "false",
          "Its measure is how busy tasks are: a task that waits for a model is, for a GPU it is not. With 'true' set\njob.autoscaler.vertex.max-parallelism to what models and GPUs allow, and expect a restart for each change.");
    }
    return fields;
  }

  /** Where it keeps what outlives its pods, as far as its options do not say. */
  private Map<String, String> folders(Configuration said) {
    Map<ConfigOption<?>, String> needed = new LinkedHashMap<>();
    needed.put(HA_STORAGE_PATH, "high-availability");
    if (makesCheckpoints()) {
      needed.put(CHECKPOINTS_DIRECTORY, "checkpoints");
      needed.put(SAVEPOINT_DIRECTORY, "savepoints");
    }
    needed.keySet().removeIf(said::contains);
    Map<String, String> folders = new LinkedHashMap<>();
    needed.forEach((option, kind) -> folders.put(option.key(), stored(option) + "/" + kind));
    return folders;
  }

  /** The folder of this job. */
  private String stored(ConfigOption<?> option) {
    if (storage == null || !job.reaches(storage)) {
      throw InvalidPipelineException.at(
          job.written().locationOf("flink"),
          "%s: %s (expected: --storage with a folder that outlives the pods and that all of them reach, as in s3://bucket/flink, or below a --claim as in file:///data/flink)"
              .formatted(option.key(), storage == null ? "none" : "'" + storage + "'"));
    }
    if (!ConnectorOptions.withoutSecrets(storage).equals(storage)) {
      throw InvalidPipelineException.at(
          Location.of("--storage"),
          "a secret in its URI (expected: credentials in the Secret, by --variable)");
    }
    String namespace = job.target().namespace();
    return storage.replaceFirst("/+$", "")
        + (namespace == null ? "/" : "/" + namespace + "/")
        + name();
  }
}
