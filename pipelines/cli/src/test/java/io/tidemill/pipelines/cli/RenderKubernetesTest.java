package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects, read strictly as Kubernetes and the operators would that they are for. */
class RenderKubernetesTest {
  private static final String DEPLOYMENT = "FlinkDeployment";
  private static final Path JOB_CONFIGS = Path.of("../../job-configs");
  private static final String STREAMING =
      """
      name: fraud-scoring
      source: { connector: datagen, columns: { a: DOUBLE, b: DOUBLE, c: DOUBLE, d: DOUBLE } }
      steps:
        - id: score
          model: fraud:1.4.2
          input: { features: [a, b, c, d] }
          output: { score: fraud_score }
          resources: { device: cpu, parallelism: 3 }
      sink: { connector: print }
      flink: { execution.checkpointing.interval: 10s }
      """;

  private static final String NIGHTLY =
      """
      name: nightly-fraud
      mode: batch
      time-zone: Europe/Berlin
      source: { connector: filesystem, path: '/lake/in/dt={{ ds }}', format: json, columns: { a: DOUBLE, b: DOUBLE, c: DOUBLE, d: DOUBLE } }
      steps:
        - { id: score, model: 'fraud:1.4.2', input: { features: [a, b, c, d] }, output: { score: fraud_score }, resources: { device: cpu } }
      sink: { connector: filesystem, path: '/lake/out/dt={{ ds }}', format: json }
      """;

  @TempDir private Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private Path job;

  @BeforeEach
  void publishTheModel() throws IOException {
    ModelFixture model = ModelFixture.in(directory);
    model.push("fraud:1.4.2");
    model.run("alias", "fraud:1.4.2", "production");
    job = Files.createDirectories(directory.resolve("jobs")).resolve("job.yaml");
  }

  private CommandRun run(String... more) {
    List<String> words =
        new ArrayList<>(
            List.of("render", "kubernetes", job.toString(), "--image", "example.org/tidemill:1"));
    words.addAll(List.of("--store", directory.resolve("store").toString()));
    words.addAll(List.of(more));
    return CommandRun.of(environment, words.toArray(String[]::new));
  }

  private KubernetesObjects render(String text, String... more) throws IOException {
    Files.writeString(job, text);
    return rendered(run(more));
  }

  private static KubernetesObjects rendered(CommandRun run) throws IOException {
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    return KubernetesObjects.strict(run.out());
  }

  private KubernetesObjects streaming(String text, String... more) throws IOException {
    return render(
        text,
        Stream.concat(
                Stream.of("--storage", "s3://lake/flink", "--pod-store", "s3://lake/models"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  private KubernetesObjects nightly(String text, String... more) throws IOException {
    return render(
        text,
        Stream.concat(
                Stream.of("--claim", "lake:/lake", "--pod-store", "/lake/models"), Stream.of(more))
            .toArray(String[]::new));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  private static Map<String, String> options(KubernetesObjects objects) {
    Map<String, String> options = new HashMap<>();
    objects
        .at(DEPLOYMENT, "/spec/flinkConfiguration")
        .properties()
        .forEach(option -> options.put(option.getKey(), option.getValue().asText()));
    return options;
  }

  /** As the operator gives it to Flink. */
  private static TaskExecutorProcessSpec taskManager(KubernetesObjects objects) {
    Configuration flink = Configuration.fromMap(options(objects));
    flink.setString(
        "taskmanager.memory.process.size",
        objects.at(DEPLOYMENT, "/spec/taskManager/resource/memory").asText());
    return TaskExecutorProcessUtils.processSpecFromConfig(flink);
  }

  @Test
  void aSuspendedJobIsSaidToKeepItsStateWhereItHasCheckpoints() throws IOException {
    String[] stored = {"--storage", "s3://lake/flink", "--pod-store", "s3://lake/models"};

    Files.writeString(job, STREAMING);
    assertThat(run(stored).out()).contains("keeps its state; 'running' goes on from there");
    Files.writeString(job, STREAMING.replaceFirst("flink: .*\\n", ""));
    assertThat(run(stored).out())
        .contains("upgradeMode: stateless", "pods away, and 'running' begins anew")
        .doesNotContain("keeps its state");
  }

  @Test
  void streamingJobGoesOnFromItsLastStateAndRunsAsNobody() throws IOException {
    KubernetesObjects objects = streaming(STREAMING, "--namespace", "ml");

    assertThat(objects.byKind().keySet())
        .containsExactly(
            "ServiceAccount",
            "Role",
            "RoleBinding",
            "ConfigMap",
            "NetworkPolicy",
            DEPLOYMENT,
            "PodMonitor");
    objects
        .byKind()
        .values()
        .forEach(object -> assertThat(object.at("/metadata/namespace").asText()).isEqualTo("ml"));
    assertThat(objects.at(DEPLOYMENT, "/spec/flinkVersion").asText()).isEqualTo("v2_3");
    assertThat(objects.at(DEPLOYMENT, "/spec/job/upgradeMode").asText()).isEqualTo("last-state");
    assertThat(objects.at(DEPLOYMENT, "/spec/job/state").asText()).isEqualTo("running");
    assertThat(objects.at(DEPLOYMENT, "/spec/job/parallelism").asInt()).isEqualTo(3);
    assertThat(texts(objects.at(DEPLOYMENT, "/spec/job/args")))
        .containsExactly(
            "--exit-on-failed-plan", "/opt/tidemill/job/job.yaml", "--store", "s3://lake/models");
    assertThat(objects.at(DEPLOYMENT, "/spec/podTemplate/spec/securityContext").toString())
        .contains("\"runAsUser\":9999", "\"runAsNonRoot\":true", "RuntimeDefault");
    assertThat(
            objects
                .at(DEPLOYMENT, "/spec/podTemplate/spec/containers/0/securityContext")
                .toString())
        .contains("\"allowPrivilegeEscalation\":false", "\"drop\":[\"ALL\"]");
    assertThat(options(objects))
        .containsEntry("high-availability.type", "kubernetes")
        .containsEntry(
            "high-availability.storageDir", "s3://lake/flink/ml/fraud-scoring/high-availability")
        .containsEntry(
            "execution.checkpointing.dir", "s3://lake/flink/ml/fraud-scoring/checkpoints")
        .containsEntry(
            "execution.checkpointing.savepoint-dir", "s3://lake/flink/ml/fraud-scoring/savepoints")
        .containsEntry("execution.checkpointing.interval", "10s")
        .containsEntry("taskmanager.numberOfTaskSlots", "3")
        .containsEntry("job.autoscaler.enabled", "false")
        .hasEntrySatisfying(
            "env.java.opts.all",
            opens ->
                assertThat(opens)
                    .contains("--add-opens=java.base/java.nio=ALL-UNNAMED")
                    .endsWith(" -Dorg.bytedeco.javacpp.cachedir=/opt/tidemill/cache"))
        .doesNotContainKey("external-resources");
    assertThat(objects.at("ConfigMap", "/data/job.yaml").asText()).isEqualTo(STREAMING);
    assertThat(objects.at(DEPLOYMENT, "/spec/podTemplate/spec/volumes/0/configMap/name"))
        .isEqualTo(objects.at("ConfigMap", "/metadata/name"));
  }

  /** Or the operator would not start the job again. */
  @Test
  void changeOfTheJobsFileOrOfWhatAnAliasMeansChangesTheDeployment() throws IOException {
    JsonNode before = streaming(STREAMING).at(DEPLOYMENT, "/spec");
    JsonNode same = streaming(STREAMING).at(DEPLOYMENT, "/spec");
    JsonNode after = streaming(STREAMING + "# another\n").at(DEPLOYMENT, "/spec");
    String alias = STREAMING.replace("fraud:1.4.2", "fraud@production");
    JsonNode first = streaming(alias).at(DEPLOYMENT, "/spec");
    new ModelFixture(directory).push("fraud:1.5.0");
    new ModelFixture(directory).run("alias", "fraud:1.5.0", "production");
    JsonNode second = streaming(alias).at(DEPLOYMENT, "/spec");

    assertThat(same).isEqualTo(before);
    assertThat(after).isNotEqualTo(before);
    assertThat(second).isNotEqualTo(first);
  }

  @Test
  void taskManagerHasRoomForItsSlotsArrowEnginesAndModels() throws IOException {
    String large =
        STREAMING.replace("resources:", "batching: { max-size: 500000 }\n    resources:");

    TaskExecutorProcessSpec small = taskManager(streaming(STREAMING));
    KubernetesObjects objects = streaming(large);
    TaskExecutorProcessSpec spec = taskManager(objects);

    // TensorFlow takes some of any process; Arrow takes what the batches are.
    assertThat(small.getTaskOffHeapSize().getMebiBytes()).isBetween(200, 800);
    assertThat(spec.getTaskOffHeapSize().getMebiBytes())
        .isGreaterThan(small.getTaskOffHeapSize().getMebiBytes() + 60);
    assertThat(spec.getTaskHeapSize()).isGreaterThan(MemorySize.ofMebiBytes(4_096));
    assertThat(small.getTaskHeapSize()).isLessThan(MemorySize.ofMebiBytes(1_500));
    assertThat(spec.getManagedMemorySize()).isEqualTo(MemorySize.ZERO);
    assertThat(
            taskManager(streaming(large + "  # no\n", "--set", "state.backend.type=rocksdb"))
                .getManagedMemorySize())
        .isEqualTo(MemorySize.ofMebiBytes(3 * 256));
    assertThat(objects.at(DEPLOYMENT, "/spec/taskManager/resource/cpu").asInt()).isEqualTo(3);
  }

  @Test
  void whatAPersonSaysOfMemoryWins() throws IOException {
    KubernetesObjects objects =
        streaming(
            STREAMING,
            "--set",
            "taskmanager.memory.process.size=6g",
            "--set",
            "taskmanager.numberOfTaskSlots=1");

    assertThat(objects.at(DEPLOYMENT, "/spec/taskManager/resource/memory").asText())
        .isEqualTo("6144m");
    assertThat(options(objects))
        .containsEntry("taskmanager.numberOfTaskSlots", "1")
        .doesNotContainKey("taskmanager.memory.process.size");
    assertThat(taskManager(objects).getTaskHeapSize().getMebiBytes()).isGreaterThan(3000);
  }

  @ParameterizedTest
  @CsvSource({"gpu, 1", "gpu:0, 1", "gpu:2, 3", "gpu:auto, 1"})
  void gpuIsOneThatTheClusterGives(String device, String amount) throws IOException {
    assertThat(options(streaming(STREAMING.replace("device: cpu", "device: '" + device + "'"))))
        .containsEntry("external-resources", "gpu")
        .containsEntry("external-resource.gpu.amount", amount)
        .containsEntry("external-resource.gpu.kubernetes.config-key", "nvidia.com/gpu")
        .containsEntry(
            "external-resource.gpu.driver-factory.class",
            "org.apache.flink.externalresource.gpu.GPUDriverFactory");
    assertThat(
            nightly(NIGHTLY.replace("device: cpu", "device: '" + device + "'"))
                .at(
                    "CronJob",
                    "/spec/jobTemplate/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu")
                .asText())
        .isEqualTo(amount);
  }

  @Test
  void processorsAreThoseOfTheModelsThreadsInAllSlots() throws IOException {
    String threads = "device: cpu, threads: 2";

    assertThat(
            streaming(STREAMING.replace("device: cpu", threads))
                .at(DEPLOYMENT, "/spec/taskManager/resource/cpu")
                .asInt())
        .isEqualTo(6);
    assertThat(
            nightly(NIGHTLY.replace("device: cpu", threads))
                .at(
                    "CronJob",
                    "/spec/jobTemplate/spec/template/spec/containers/0/resources/requests/cpu")
                .asInt())
        .isEqualTo(2);
  }

  /** Another order would be another job, which the operator starts again. */
  @Test
  void optionsKeepTheirOrder() throws IOException {
    List<String> options = new ArrayList<>();
    for (String name : List.of("f", "b", "e", "a", "d", "c", "g")) {
      options.addAll(List.of("--set", "pipeline.global-job-parameters." + name + "=1"));
    }

    assertThat(
            texts(
                streaming(STREAMING, options.toArray(String[]::new))
                    .at(DEPLOYMENT, "/spec/job/args")))
        .containsSequence(options);
  }

  private void pack(String text) throws IOException {
    Files.writeString(job, text);
    Path unit = directory.resolve("fraud-1.0.0.tar");
    String store = directory.resolve("store").toString();
    String[] words = {"--store", store, "--as", "fraud:1.0.0", "--to", unit.toString()};
    CommandRun run =
        CommandRun.of(
            environment,
            Stream.concat(Stream.of("package", job.toString()), Stream.of(words))
                .toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.DONE);
    job = unit;
  }

  @Test
  void unitIsInTheImageAndItsVersionsAreInTheStoreOfThePods() throws IOException {
    pack(STREAMING);

    KubernetesObjects objects =
        rendered(run("--storage", "s3://lake/flink", "--pod-store", "s3://lake/models"));

    assertThat(texts(objects.at(DEPLOYMENT, "/spec/job/args")))
        .containsExactly(
            "--exit-on-failed-plan",
            "/opt/tidemill/units/fraud-1.0.0.tar",
            "--store",
            "s3://lake/models");
    assertThat(objects.byKind()).doesNotContainKey("ConfigMap");
    String pod = "/spec/podTemplate/spec";
    assertThat(objects.at(DEPLOYMENT, pod + "/volumes")).hasSize(1);
    assertThat(objects.at(DEPLOYMENT, pod + "/containers/0/volumeMounts")).hasSize(1);
    // So that another unit in a file of this name is another deployment.
    assertThat(
            objects
                .at(DEPLOYMENT, "/spec/podTemplate/metadata/annotations/tidemill.io~1unit")
                .asText())
        .matches("fraud:1\\.0\\.0 sha256:[0-9a-f]{64}");
    assertThat(run("--storage", "s3://lake/flink").err()).contains("or --pod-store with");
  }

  @Test
  void nightOfAUnitHasItsVersionsInIt() throws IOException {
    pack(NIGHTLY);

    KubernetesObjects objects =
        rendered(run("--claim", "lake:/lake", "--pod-unit", "/lake/fraud.tar"));

    assertThat(
            texts(objects.at("CronJob", "/spec/jobTemplate/spec/template/spec/containers/0/args")))
        .containsExactly("tidemill", "run", "/lake/fraud.tar", "--wait", "7200s", "-o", "json");
    assertThat(objects.at("ConfigMap", "/data")).hasSize(1);
    assertThat(run("--claim", "lake:/lake", "--pod-unit", "fraud.tar").err())
        .contains("unit: path 'fraud.tar' (expected: an absolute path");
  }

  @Test
  void suspendedJobKeepsItsStateAndRunsNothing() throws IOException {
    assertThat(streaming(STREAMING, "--suspended").at(DEPLOYMENT, "/spec/job/state").asText())
        .isEqualTo("suspended");
    assertThat(nightly(NIGHTLY, "--suspended").at("CronJob", "/spec/suspend").asBoolean()).isTrue();
  }

  @Test
  void variablesAreKeysOfASecretWhoseValuesAreNotWritten() throws IOException {
    environment.putAll(Map.of("ROWS", "4711", "POOL", "hush-hush", "LIMIT", "20s"));
    String text =
        STREAMING
            .replace("connector: datagen", "connector: datagen, number-of-rows: '${ROWS}'")
            .replace("connector: print", "connector: print, print-identifier: '${WHO:-me}'")
            .replace(
                "execution.checkpointing.interval: 10s",
                "execution.checkpointing.interval: 10s, execution.checkpointing.timeout: '${LIMIT}'");

    Files.writeString(job, text);
    CommandRun run =
        run(
            "--storage",
            "s3://lake/flink",
            "--pod-store",
            "s3://lake/models",
            "--variable",
            "POOL",
            "--secret",
            "keys");
    KubernetesObjects objects = rendered(run);

    assertThat(run.out())
        .doesNotContain("4711", "hush-hush", "20s")
        .contains(
            "# Secret 'keys' is yours to make: it holds LIMIT, POOL, ROWS, WHO (has a default).",
            "for the job itself: execution.checkpointing.timeout");
    JsonNode container = objects.at(DEPLOYMENT, "/spec/podTemplate/spec/containers/0/env");
    assertThat(container.toString())
        .contains(
            "{\"name\":\"ROWS\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"keys\",\"key\":\"ROWS\"}}}",
            "{\"name\":\"WHO\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"keys\",\"key\":\"WHO\",\"optional\":true}}}");
  }

  @Test
  void nightlyJobIsOneRunForEachDate() throws IOException {
    KubernetesObjects objects =
        nightly(NIGHTLY, "--at", "23:05", "--wait", "90m", "--variable", "AWS_SECRET_ACCESS_KEY");

    assertThat(objects.byKind().keySet()).containsExactly("ConfigMap", "NetworkPolicy", "CronJob");
    assertThat(objects.at("CronJob", "/spec/schedule").asText()).isEqualTo("5 23 * * *");
    assertThat(objects.at("CronJob", "/spec/timeZone").asText()).isEqualTo("Europe/Berlin");
    assertThat(objects.at("CronJob", "/spec/concurrencyPolicy").asText()).isEqualTo("Forbid");
    String run = "/spec/jobTemplate/spec";
    assertThat(
            objects.at("CronJob", run + "/podFailurePolicy/rules/1/onExitCodes/values").toString())
        .isEqualTo("[2,5]");
    String pod = run + "/template/spec";
    assertThat(objects.at("CronJob", pod + "/restartPolicy").asText()).isEqualTo("Never");
    assertThat(texts(objects.at("CronJob", pod + "/containers/0/command")))
        .containsExactly("/bin/sh", "/opt/tidemill/job/run.sh");
    assertThat(texts(objects.at("CronJob", pod + "/containers/0/args")))
        .containsExactly(
            "tidemill",
            "run",
            "/opt/tidemill/job/job.yaml",
            "--wait",
            "5400s",
            "-o",
            "json",
            "--store",
            "/lake/models");
    assertThat(objects.at("CronJob", pod + "/volumes").toString())
        .contains("{\"claimName\":\"lake\"}", "\"path\":\"run.sh\"");
    String memory = objects.at("CronJob", pod + "/containers/0/resources/limits/memory").asText();
    String options = objects.at("CronJob", pod + "/containers/0/env/1/value").asText();
    int heap = Integer.parseInt(options.replaceAll(".*-Xmx(\\d+)m.*", "$1"));
    int direct = Integer.parseInt(options.replaceAll(".*MaxDirectMemorySize=(\\d+)m.*", "$1"));
    // And TensorFlow's own.
    assertThat(Integer.parseInt(memory.replace("Mi", ""))).isGreaterThan(heap + direct + 512 + 200);
  }

  @ParameterizedTest
  @CsvSource({
    "nightly-fraud-29675130, --date yesterday --now 2026-06-03T17:30:00Z",
    "nightly-fraud-2026-11-21, --date 2026-11-21",
    "n-2026-11-2026-11-21, --date 2026-11-21"
  })
  void scriptTellsTheDateByTheNameOfTheJob(String name, String expected) throws Exception {
    assertThat(script(name, 0)).isEqualTo("a b " + expected + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nightly-fraud-manual", "nightly-fraud-1", "nightly", "a-2026-1-1"})
  void scriptRefusesAJobWithoutADate(String name) throws Exception {
    assertThat(script(name, 2)).contains(name + ": a Job without a date");
  }

  private String script(String name, int code) throws Exception {
    Path script =
        Files.writeString(
            directory.resolve("run.sh"), nightly(NIGHTLY).at("ConfigMap", "/data/run.sh").asText());
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", script.toString(), "echo", "a", "b")
            .redirectErrorStream(true);
    builder.environment().put("RUN_NAME", name);
    builder.environment().put("TZ", "America/New_York");
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(out).isEqualTo(code);
    return out;
  }

  @ParameterizedTest
  @CsvSource({
    "fraud-scoring, fraud-scoring",
    "Fraud_Scoring.EU, fraud-scoring-eu-[0-9a-f]{8}",
    "fraud--scoring, fraud--scoring",
    "2fraud, job-2fraud-[0-9a-f]{8}",
    "a-very-long-name-of-a-job-that-goes-on-and-on-and-on-and-on, a-very-long-name-of-a-job-that-goes-[0-9a-f]{8}"
  })
  void nameIsOneThatTheOperatorTakes(String name, String expected) throws IOException {
    KubernetesObjects objects =
        streaming(STREAMING.replace("name: fraud-scoring", "name: '" + name + "'"));

    String made = objects.at(DEPLOYMENT, "/metadata/name").asText();
    assertThat(made).matches(expected).matches("[a-z]([-a-z\\d]{0,43}[a-z\\d])?");
  }

  @Test
  void hostileTextsAreTheSameAfterTheyWereRead() throws IOException {
    String text =
        STREAMING.replace(
                "{ connector: print }",
                "{ connector: print, print-identifier: 'it''s \"$(HOME)\" on: #no yes' }")
            + "# caf\u00e9 \ud83d\ude00 \u2028 \u2029 \u0085 \ufeff --- \"'`$(X) %{ {{ \\n\t tab, trailing   \n\n   # and more\r\n# end without a line's end";
    String store = "/mo'd\"els $(HOME) $$ caf\u00e9: - #\n--- x";

    KubernetesObjects objects =
        render(
            text,
            "--storage",
            "s3://lake/flink",
            "--pod-store",
            store,
            "--set",
            "pipeline.global-job-parameters=a:'on',b:\"1\n2\"");
    KubernetesObjects run =
        render(NIGHTLY + "# $(X) \u2028\r\n", "--claim", "lake:/lake", "--pod-store", store);

    assertThat(objects.at("ConfigMap", "/data/job.yaml").asText()).isEqualTo(text);
    assertThat(texts(objects.at(DEPLOYMENT, "/spec/job/args")))
        .contains(store, "pipeline.global-job-parameters=a:'on',b:\"1\n2\"");
    // Kubernetes makes one of two dollars, and no variable of what follows.
    assertThat(texts(run.at("CronJob", "/spec/jobTemplate/spec/template/spec/containers/0/args")))
        .contains(store.replace("$", "$$"));
    assertThat(run.at("ConfigMap", "/data/job.yaml").asText())
        .isEqualTo(NIGHTLY + "# $(X) \u2028\r\n");
  }

  @Test
  void filesBesideTheJobsAreWhereItSays() throws IOException {
    Path schema = job.resolveSibling("sch\u00e9mas/it's $(X).avsc");
    Files.createDirectories(schema.getParent());
    Files.copy(JOB_CONFIGS.resolve("schemas/transaction.avsc"), schema);
    String text =
        Files.readString(JOB_CONFIGS.resolve("fraud-scoring.yaml"))
            .replace("schema: schemas/transaction.avsc", "schema: \"sch\u00e9mas/it's $(X).avsc\"");

    KubernetesObjects objects = streaming(text);

    JsonNode item = objects.at(DEPLOYMENT, "/spec/podTemplate/spec/volumes/0/configMap/items/1");
    assertThat(item.path("path").asText()).isEqualTo("sch\u00e9mas/it's $(X).avsc");
    assertThat(item.path("key").asText()).matches("[-._a-zA-Z0-9]+");
    assertThat(objects.at("ConfigMap", "/data/" + item.path("key").asText()).asText())
        .isEqualTo(Files.readString(schema));
  }

  private static List<Path> jobs() throws IOException {
    try (Stream<Path> files = Files.list(JOB_CONFIGS)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("jobs")
  void everyJobThatIsShippedRenders(Path file) throws IOException {
    String text = Files.readString(file);
    boolean streaming = !text.contains("\nmode: batch\n");
    environment.put("LAKE", "/lake");
    job = file;

    KubernetesObjects objects =
        rendered(
            streaming
                ? run("--storage", "s3://lake/flink", "--pod-store", "/models")
                : run("--claim", "lake:/lake", "--pod-store", "/lake/models"));

    assertThat(objects.byKind()).containsKey(streaming ? DEPLOYMENT : "CronJob");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --pod-store s3://m                                  | high-availability.storageDir: none (expected: --storage with a folder
          --pod-store s3://m --storage /data                  | '/data' (expected: --storage with a folder that outlives the pods
          --storage s3://s                                    | store' (expected: one that pods reach, as in s3://…, or --pod-store
          --storage s3://s --pod-store s3://a:b@m/x           | store: a secret in its URI
          --storage s3://s --pod-store s3://m --at 01:30      | --at, --wait, --command: of a streaming job
          --storage s3://s --pod-store s3://m --name Fraud    | name: 'Fraud' (expected: 1 to 45 lower-case letters
          --storage s3://s --pod-store s3://m --namespace a.b | namespace: 'a.b' (expected
          --storage s3://s --pod-store s3://m --claim lake    | 'lake' (expected: the name of a PersistentVolumeClaim and where to mount it
          --storage s3://s --pod-store s3://m --claim a:/b/.. | claim: path '/b/..' (expected: an absolute path
          --storage s3://s --pod-store s3://m --variable a-b  | variable: 'a-b' (expected: a name
          --storage s3://s --pod-store s3://m --replicas 2    | unknown option '--replicas'
          --storage s3://s --pod-store s3://m --set taskmanager.memory.task.off-heap.size=1m | taskmanager.memory.task.off-heap.size: 1 MiB (expected: >=
          --storage s3://s --pod-store s3://m --set taskmanager.memory.process.size=600m     | taskmanager.memory:
          --storage s3://s --pod-store s3://m --set kubernetes.cluster-id=x                  | kubernetes.cluster-id (expected: none; the operator sets it)
          --storage s3://s --pod-store s3://m --set s3.secret-key=hush                       | s3.secret-key: a secret, which anyone would read
          """)
  void refuses(String options, String message) throws IOException {
    Files.writeString(job, STREAMING);

    CommandRun run = run(options.split(" +"));

    assertThat(run.exitCode()).as(run.out()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message).doesNotContain("hush");
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /lake/in  | in         | source: path 'in/dt={{ ds }}' (expected: one that all pods reach, as in s3://…, or an absolute one below a --claim)
          /lake/out | /other/out | sink: path '/other/out/dt={{ ds }}' (expected: one that all pods reach
          mode: batch | mode: streaming | template of dates
          out/dt={{ ds }} | out   | (expected: connector: filesystem, and a path with the date in it
          """)
  void refusesANightlyJobThatPodsCannotRun(String part, String other, String message)
      throws IOException {
    Files.writeString(job, NIGHTLY.replace(part, other));

    CommandRun run = run("--claim", "lake:/lake", "--pod-store", "/lake/models");

    assertThat(run.exitCode()).as(run.out()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "ca.pem, ca.pem",
    "../keys/ca.pem, ../keys/ca.pem",
    "keys/../../ca.pem, ../ca.pem",
    "../../lake/ca.pem, ../../lake/ca.pem"
  })
  void refusesAStoreOfKeysThatIsFoundFromTheJobWhichPodsDoNotHave(String written, String told)
      throws IOException {
    Files.writeString(
        job,
        STREAMING
            + "dead-letter: { connector: kafka, topic: dead, properties.bootstrap.servers: 'here:9092', properties.ssl.truststore.location: %s, sink.delivery-guarantee: at-least-once }\n"
                .formatted(written));

    CommandRun run = run("--storage", "s3://s", "--pod-store", "s3://m");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(
            "dead-letter: properties.ssl.truststore.location '%s' (expected: an absolute one that all pods have, in their image or below a --claim)"
                .formatted(told));
  }

  @ParameterizedTest
  @CsvSource({
    "/elsewhere, /elsewhere",
    "/lake/../elsewhere, /elsewhere",
    "file:///lake/../elsewhere, file:///lake/../elsewhere",
    "../../lake/tables, ../../lake/tables"
  })
  void refusesTablesOfIcebergThatNotAllPodsReach(String written, String told) throws IOException {
    String sink =
        "sink: { connector: iceberg, catalog-name: lake, catalog-type: hadoop, catalog-database: a, catalog-table: b, warehouse: '%s' }";
    Files.writeString(
        job, STREAMING.replace("sink: { connector: print }", sink.formatted(written)));

    CommandRun run = run("--storage", "s3://s", "--pod-store", "s3://m", "--claim", "lake:/lake");

    assertThat(run.exitCode()).as(run.out()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("sink: warehouse '%s' (expected: one that all pods reach".formatted(told));
  }

  @Test
  void refusesAFolderOfFlinkThatIsFoundFromTheJob() throws IOException {
    Files.writeString(
        job, STREAMING.replace("10s }", "10s, execution.checkpointing.dir: ../state }"));

    CommandRun run = run("--storage", "s3://s", "--pod-store", "s3://m");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains(
            "execution.checkpointing.dir: '../state' (expected: one that all pods reach, as in s3://…");
  }

  @Test
  void refusesASecretThatIsWrittenOut() throws IOException {
    Files.writeString(
        job,
        Files.readString(JOB_CONFIGS.resolve("fraud-scoring.yaml"))
            .replace("schemas/", JOB_CONFIGS.toAbsolutePath().normalize() + "/schemas/")
            .replace("  format: avro", "  properties.ssl.key.password: hush\n  format: avro"));

    CommandRun run = run("--storage", "s3://s", "--pod-store", "s3://m");

    assertThat(run.err())
        .contains(
            "schema: '" + JOB_CONFIGS.toAbsolutePath().normalize(),
            "(expected: a file in the folder of the job's, or below, and written relative to it")
        .doesNotContain("hush");

    Files.createDirectories(job.resolveSibling("schemas"));
    Files.copy(
        JOB_CONFIGS.resolve("schemas/transaction.avsc"),
        job.resolveSibling("schemas/transaction.avsc"));
    Files.writeString(
        job,
        Files.readString(job)
            .replace(JOB_CONFIGS.toAbsolutePath().normalize() + "/schemas/", "schemas/"));
    assertThat(run("--storage", "s3://s", "--pod-store", "s3://m").err())
        .contains(
            "source.properties.ssl.key.password: a secret that is written out (expected: a variable as in ${NAME}")
        .doesNotContain("hush");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a.ssl.key-password | ${WORD:-hush}                                             | true",
        "a.ssl.key-password | ${WORD:-}                                                 | false",
        "basic.auth.user.info | ${WHO}:${WORD}                                          | false",
        "basic.auth.user.info | who:${WORD}                                             | false",
        "basic.auth.user.info | who:${WORD:-hush}                                       | true",
        "some.url           | https://${WHO}:${WORD}@h/x                                | false",
        "some.url           | https://who:${WORD:-hush}@h/x                             | true",
        "sasl.jaas.config   | m required username=\"${WHO:-who}\" password=\"${WORD}\";  | false",
        "sasl.jaas.config   | m required username=\"${WHO}\" password=\"hush\";          | true",
        "sasl.jaas.config   | m required username=\"who\" password=\"${WORD:-hush}\";    | true",
      })
  void refusesASecretThatIsWrittenOutBesideAVariableOrAsItsDefault(
      String key, String value, boolean refused) throws IOException {
    environment.putAll(Map.of("WHO", "the-user", "WORD", "the-word"));
    Files.writeString(
        job, STREAMING.replace("flink: {", "flink: { %s: '%s',".formatted(key, value)));

    CommandRun run = run("--storage", "s3://s", "--pod-store", "s3://m");

    assertThat(run.exitCode()).as(run.err()).isEqualTo(refused ? ExitCode.USAGE : ExitCode.DONE);
    assertThat(run.err().contains("flink.%s: a secret that is written out".formatted(key)))
        .isEqualTo(refused);
    assertThat(run.out() + run.err()).doesNotContain("hush", "the-word");
  }

  @Test
  void refusesASecretInTheFolderForState() throws IOException {
    Files.writeString(job, STREAMING);

    CommandRun run = run("--storage", "s3://key:hush@lake/flink", "--pod-store", "s3://m");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("--storage: a secret in its URI").doesNotContain("hush");
  }

  /** Or the other tests would prove nothing. */
  @ParameterizedTest
  @CsvSource({
    "upgradeMode:, upgradeMod:",
    "flinkVersion: v2_3, flinkVersion: v9_9",
    "runAsNonRoot:, runAsNonroot:",
    "containerPort:, containerPorts:",
    "roleRef:, roleReference:",
    "immutable:, mutable:",
    "podSelector:, podsSelector:",
    "podMetricsEndpoints:, podMetricEndpoints:"
  })
  void fieldThatThereIsNotIsSeen(String right, String wrong) throws IOException {
    Files.writeString(job, STREAMING);
    String yaml = run("--storage", "s3://s", "--pod-store", "s3://m").out();

    assertThat(yaml).contains(right);
    assertThatThrownBy(() -> KubernetesObjects.strict(yaml.replaceFirst(right, wrong)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
