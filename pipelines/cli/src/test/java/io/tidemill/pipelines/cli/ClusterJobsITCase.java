package io.tidemill.pipelines.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.engine.onnx.OnnxModels;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Jobs on a cluster of separate processes, which all tests share, with its two slots. */
@Execution(ExecutionMode.SAME_THREAD)
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class ClusterJobsITCase {
  private static final Path FOLDER =
      Path.of(System.getProperty("java.io.tmpdir"), "cluster-jobs-" + ProcessHandle.current().pid())
          .toAbsolutePath();
  private static final String PAGE = "../../docs/clusters.md";

  /** What the cluster of the tests has its own of. */
  private static final Pattern OWN =
      Pattern.compile("(?m)^(env\\.java|taskmanager\\.(memory|numberOfTaskSlots)).*\\n");

  private static final String SOON =
      """
      jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling: 0 s
      jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout: 100 ms
      jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout: 100 ms
      jobmanager.adaptive-scheduler.rescale-trigger.max-delay: 1 s
      metrics.fetcher.update-interval: 500 ms
      rest.cache.execution-graph.timeout: 500 ms
      """;

  private static ProcessCluster cluster;
  private static String page;

  @BeforeAll
  static void start() throws Exception {
    page = Files.readString(Path.of(PAGE));
    Matcher configuration =
        Pattern.compile("config\\.yaml\" <<'END'\\n(.*?)END\\n", Pattern.DOTALL).matcher(page);
    assertThat(configuration.find()).isTrue();
    Files.createDirectories(FOLDER);
    cluster =
        new ProcessCluster(
            FOLDER,
            ProcessCluster.classPathWithout(List.of()),
            OWN.matcher(configuration.group(1))
                    .replaceAll("")
                    .replace("/var/lib", FOLDER.toString())
                + SOON);
    for (String version : List.of("1.0.0", "1.1.0")) {
      Path model = Files.createDirectories(FOLDER.resolve("onnx-" + version));
      publish(version, OnnxModels.mlp(model, 2), model);
    }
    Path broken = Files.createDirectories(FOLDER.resolve("broken"));
    Signature signature = OnnxModels.mlp(broken, 2);
    Files.writeString(broken.resolve(OnnxModels.FILE), "no model");
    publish("2.0.0", signature, broken);
  }

  private static void publish(String version, Signature signature, Path files) {
    ModelStore.open(store())
        .push(
            new ModelDraft("mlp", SemanticVersion.parse(version), "onnx", signature, Map.of()),
            files);
  }

  private static String store() {
    return FOLDER.resolve("store").toString();
  }

  @AfterAll
  static void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
    PathUtils.deleteDirectory(FOLDER);
  }

  private static CommandRun run(String... words) {
    return CommandRun.of(Map.of("TIDEMILL_REST", cluster.address()), words);
  }

  private static CommandRun done(String... words) {
    CommandRun run = run(words);
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.DONE);
    return run;
  }

  private static JsonNode json(String... words) throws IOException {
    List<String> all = new ArrayList<>(Arrays.asList(words));
    all.addAll(List.of("-o", "json"));
    return new ObjectMapper().readTree(done(all.toArray(new String[0])).out());
  }

  /** A streaming job that scores whatever comes into its folder. */
  private static String job(String name, String version, String step, String columns)
      throws IOException {
    Files.createDirectories(FOLDER.resolve(name + "/in"));
    return Files.writeString(
            FOLDER.resolve(name + "-" + version + "-" + step + columns.length() + ".yaml"),
            """
            name: %1$s
            mode: streaming
            source:
              connector: filesystem
              path: %2$s/in
              format: json
              source.monitor-interval: 200ms
              columns: { id: INT NOT NULL, x: FLOAT, y: FLOAT%5$s }
            steps:
              - id: %4$s
                model: mlp:%3$s
                input: { features: [x, y] }
                output: { score: score }
                resources: { device: cpu }
            sink: { connector: filesystem, path: %2$s/out, format: json }
            dead-letter: { connector: filesystem, path: %2$s/dead, format: json }
            flink:
              execution.checkpointing.interval: 300ms
              restart-strategy.type: none
            """
                .formatted(name, FOLDER.resolve(name), version, step, columns))
        .toString();
  }

  private static CommandRun submit(String job) {
    return done("submit", job, "--store", store(), "--allow-doubles");
  }

  /** Moves files with records into the folder of a job until it is closed. */
  private static final class Feed implements AutoCloseable {
    private final AtomicInteger written = new AtomicInteger();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private final Path folder;

    Feed(String job) throws IOException {
      folder = FOLDER.resolve(job);
      Files.createDirectories(folder.resolve("in"));
      var unused = thread.scheduleAtFixedRate(this::write, 0, 50, MILLISECONDS);
    }

    private void write() {
      List<String> records = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int id = written.getAndIncrement();
        records.add("{\"id\": %d, \"x\": %d, \"y\": 0.5}".formatted(id, id % 7));
      }
      try {
        Path file = Files.write(folder.resolve("next.json"), records);
        Files.move(file, folder.resolve("in/" + written + ".json"), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException unwritable) {
        throw new UncheckedIOException(unwritable);
      }
    }

    /** How many there are at last. */
    int end() throws InterruptedException {
      thread.shutdown();
      assertThat(thread.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
      return written.get();
    }

    @Override
    public void close() {
      thread.shutdownNow();
    }
  }

  /** The records in the files of a job's sink. */
  private static List<Integer> ids(String job, Predicate<Path> which) throws IOException {
    List<Integer> ids = new ArrayList<>();
    Path out = FOLDER.resolve(job).resolve("out");
    try (Stream<Path> files = Files.walk(out)) {
      for (Path file : files.filter(Files::isRegularFile).filter(which).toList()) {
        for (String line : Files.readAllLines(file)) {
          ids.add(new ObjectMapper().readTree(line).path("id").asInt());
        }
      }
    } catch (UncheckedIOException moved) {
      throw moved.getCause();
    }
    return ids;
  }

  private static boolean isPublished(Path file) {
    return !file.getFileName().toString().startsWith(".");
  }

  private static void awaitRecords(String job, long records) throws Exception {
    cluster.await(() -> json("jobs", "show", job).path("recordsOut").asLong() >= records);
  }

  private static void eachOnce(String job, int records) throws IOException {
    assertThat(ids(job, ClusterJobsITCase::isPublished))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, records).boxed().toList());
  }

  @Test
  void recordsComeOnceThroughUpgradesThatHoldAndOneThatDoesNotAndRescales() throws Exception {
    String name = "steady";
    String first = job(name, "1.0.0", "score", "");
    try (Feed feed = new Feed(name)) {
      assertThat(submit(first).out()).contains("steady runs on http", "with mlp:1.0.0");
      awaitRecords(name, 20);

      CommandRun second = run("submit", first, "--store", store(), "--allow-doubles");
      assertThat(second.exitCode()).isEqualTo(ExitCode.USAGE);
      assertThat(second.err()).contains("job 'steady' runs already on ", "jobs upgrade");

      String better = job(name, "1.1.0", "score", "");
      JsonNode up = json("jobs", "upgrade", better, "--store", store(), "--health", "1s");
      assertThat(up.path("upgraded").asBoolean()).isTrue();
      JsonNode shown = json("jobs", "show", name);
      assertThat(shown.at("/models/score").asText()).isEqualTo("mlp:1.1.0");
      assertThat(shown.path("id")).isEqualTo(up.path("id"));
      assertThat(shown.path("startedFrom")).isEqualTo(up.path("savepoint"));
      awaitRecords(name, 20);

      CommandRun back =
          run(
              "jobs",
              "upgrade",
              job(name, "2.0.0", "score", ""),
              "--store",
              store(),
              "--health",
              "1s");
      assertThat(back.exitCode()).as(back.err()).isEqualTo(ExitCode.FAILED);
      assertThat(back.out()).contains("steady runs again as it was", "Protobuf parsing failed");
      assertThat(json("jobs", "show", name).at("/models/score").asText()).isEqualTo("mlp:1.1.0");
      awaitRecords(name, 20);

      rescale(name, 2);
      rescale(name, 1);
      // A savepoint just after a rescale in place may fail, and this job starts no second time.
      awaitRecords(name, 20);
      JsonNode restarted = json("jobs", "rescale", name, "2", "--by-savepoint", "--health", "1s");
      assertThat(restarted.path("upgraded").asBoolean()).isTrue();
      assertThat(parallelism(name)).contains(2);
      // Which its own file does not say.
      assertThat(json("jobs", "rescale", name, "1", "--by-savepoint", "--health", "1s"))
          .isNotEmpty();
      assertThat(parallelism(name)).containsOnly(1);
      int records = feed.end();
      awaitRecords(name, 1);
      cluster.await(() -> written(name, records));

      done("jobs", "stop", name, "--drain");

      eachOnce(name, records);
    }
  }

  /** The cluster has what is published of it, and what goes with the job. */
  @Test
  void aUnitIsSubmittedUpgradedAndRescaledFromAStoreThatHadNoneOfItsVersions() throws Exception {
    String name = "unit";
    String unit = packaged(job(name, "1.0.0", "score", ""));
    String better = packaged(job(name, "1.1.0", "score", ""));
    String empty = FOLDER.resolve("empty-store").toString();
    try (Feed feed = new Feed(name)) {
      assertThat(done("submit", unit, "--store", empty, "--allow-doubles").out())
          .contains("unit runs on http", "with mlp:1.0.0");
      awaitRecords(name, 20);

      assertThat(json("jobs", "upgrade", better, "--store", empty, "--health", "1s")).isNotEmpty();
      assertThat(json("jobs", "show", name).at("/models/score").asText()).isEqualTo("mlp:1.1.0");
      awaitRecords(name, 20);
      json("jobs", "rescale", name, "2", "--by-savepoint", "--health", "1s");
      int records = feed.end();
      awaitRecords(name, 1);
      cluster.await(() -> written(name, records));

      done("jobs", "stop", name, "--drain");

      eachOnce(name, records);
    }
  }

  private static String packaged(String job) {
    String unit = job.replace(".yaml", ".tar");
    done("package", job, "--store", store(), "--to", unit);
    return unit;
  }

  /** Whether all records are in files, be they published or not. */
  private static boolean written(String job, int records) throws IOException {
    return ids(job, file -> true).stream().distinct().count() == records;
  }

  private static void rescale(String name, int subtasks) throws IOException {
    assertThat(done("jobs", "rescale", name, String.valueOf(subtasks)).out())
        .contains("steady runs with %d subtasks".formatted(subtasks));
    assertThat(parallelism(name)).containsOnly(subtasks);
  }

  private static List<Integer> parallelism(String name) throws IOException {
    List<Integer> each = new ArrayList<>();
    json("jobs", "show", name)
        .path("vertices")
        .forEach(vertex -> each.add(vertex.path("parallelism").asInt()));
    return each;
  }

  @Test
  void whatDoesNotFitTheStateIsToldBeforeAnythingIsStopped() throws Exception {
    String name = "kept";
    try (Feed feed = new Feed(name)) {
      submit(job(name, "1.0.0", "score", ""));
      awaitRecords(name, 1);
      cluster.await(() -> json("jobs", "show", name).at("/checkpoint/path").isTextual());
      String id = json("jobs", "show", name).path("id").asText();

      CommandRun other = run("jobs", "upgrade", job(name, "1.1.0", "rate", ""), "--store", store());
      CommandRun wider =
          run("jobs", "upgrade", job(name, "1.1.0", "score", ", z: INT"), "--store", store());

      assertThat(other.exitCode()).as(other.err()).isEqualTo(ExitCode.USAGE);
      assertThat(other.err())
          .contains("nothing was changed: score has state there", "--allow-non-restored-state");
      assertThat(wider.exitCode()).as(wider.err()).isEqualTo(ExitCode.USAGE);
      assertThat(wider.err())
          .contains("nothing was changed: 'score' has records of other columns than it gets now");
      assertThat(json("jobs", "show", name).path("id").asText()).isEqualTo(id);
      assertThat(cluster.state(id)).isEqualTo("RUNNING");
      assertThat(feed.end()).isPositive();
    }
    CommandRun cancelled = done("jobs", "stop", name, "--cancel");
    assertThat(cancelled.out()).isEqualTo("kept is cancelled\n");
    assertThat(run("jobs", "stop", name).err())
        .contains("job 'kept': CANCELED (expected: one that runs;");
    assertThat(run("jobs", "show", "keptt").err())
        .contains("job 'keptt': there is none on http", "(did you mean 'kept'?");
  }

  @Test
  void thePageGoesFromAClusterToTheEndOfAJob() throws Exception {
    Path home = Files.createDirectories(FOLDER.resolve("page"));
    Path flink = home.resolve("flink");
    for (String folder : List.of("core", "engine-onnx")) {
      Path lib = home.resolve("tidemill/cluster-lib").resolve(folder);
      Files.createFile(Files.createDirectories(lib).resolve(folder + ".jar"));
    }
    for (String folder : List.of("lib", "conf", "bin")) {
      Files.createDirectories(flink.resolve(folder));
    }
    // The cluster of all tests, which has the page's own configuration, runs already.
    Path script = Files.writeString(flink.resolve("bin/start-cluster.sh"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Shell shell =
        new Shell(
            home,
            Map.of(
                "TIDEMILL_REST",
                cluster.address(),
                "TIDEMILL_HOME",
                home.resolve("tidemill").toString()));

    String out =
        shell.run(
            home, String.join("", Shell.blocks(page)).replace("/opt/flink", flink.toString()));

    assertThat(out)
        .contains("fraud runs on http", "model        fraud:1.0.0 in step score")
        .contains("fraud runs with 2 subtasks")
        .contains("== jobmanager\n");
    assertThat(out.lines().filter(line -> line.contains("fraud_score")))
        .isNotEmpty()
        .doesNotHaveDuplicates();
  }
}
