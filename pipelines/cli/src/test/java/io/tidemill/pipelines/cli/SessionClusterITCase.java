package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.failures.FailureLabels;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.commons.io.file.PathUtils;
import org.apache.flink.api.common.externalresource.ExternalResourceDriverFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs that share a TaskManager, and what it has loaded. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class SessionClusterITCase {
  private static final int RECORDS = 200;
  private static final Path FOLDER =
      Path.of(
              System.getProperty("java.io.tmpdir"),
              "session-cluster-" + ProcessHandle.current().pid())
          .toAbsolutePath();
  private static final String LOADED = " loaded adder:1.0.0 on cpu with tensorflow";
  private static final String UNLOADED = " unloaded adder:1.0.0 on cpu";

  private static ProcessCluster cluster;
  private static String jar;

  /** DJL's library counts GPUs so often, and never again. */
  private static final int SAID_BY_START = 3;

  @BeforeAll
  static void start() throws Exception {
    Path model = Files.createDirectories(FOLDER.resolve("saved"));
    new Jobs(FOLDER).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    List<String> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      records.add("{\"a\": %d, \"b\": 2}".formatted(i));
    }
    Files.write(Files.createDirectories(FOLDER.resolve("in")).resolve("a.json"), records);
    writeGpuPlugin();
    writeFailuresPlugin();
    cluster =
        new ProcessCluster(
            FOLDER,
            ProcessCluster.classPathWithout(
                List.of("/pipelines/job/", "/pipelines/cli/", "/pipelines/failures/")),
            """
            external-resources: gpu
            external-resource.gpu.amount: 1
            external-resource.gpu.driver-factory.class: %s
            jobmanager.failure-enrichers: %s
            rest.cache.execution-graph.timeout: 100 ms
            """
                .formatted(OneGpu.class.getName(), FailureLabels.class.getName()));
    jar = cluster.upload(ProcessCluster.jobJar(FOLDER.resolve("job.jar")));
  }

  @AfterAll
  static void stop() throws IOException {
    if (cluster != null) {
      cluster.close();
    }
    PathUtils.deleteDirectory(FOLDER);
  }

  private static void writeGpuPlugin() throws Exception {
    Path folder = Files.createDirectories(FOLDER.resolve("plugins/one-gpu"));
    Path classes = ProcessCluster.location(OneGpu.class);
    String prefix = OneGpu.class.getName().replace('.', '/');
    try (OutputStream out = Files.newOutputStream(folder.resolve("one-gpu.jar"));
        JarOutputStream plugin = new JarOutputStream(out)) {
      for (String name : List.of(prefix + ".class", prefix + "$Gpu.class")) {
        plugin.putNextEntry(new ZipEntry(name));
        Files.copy(classes.resolve(name), plugin);
      }
      plugin.putNextEntry(
          new ZipEntry("META-INF/services/" + ExternalResourceDriverFactory.class.getName()));
      plugin.write(OneGpu.class.getName().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** As a user has it: the one jar in a folder of its own. */
  private static void writeFailuresPlugin() throws Exception {
    Path folder = Files.createDirectories(FOLDER.resolve("plugins/tidemill-failures"));
    Path from = ProcessCluster.location(FailureLabels.class);
    Path file = folder.resolve("tidemill-failures.jar");
    if (Files.isRegularFile(from)) {
      Files.copy(from, file);
      return;
    }
    int code =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(
                System.out,
                System.err,
                "--create",
                "--file",
                file.toString(),
                "-C",
                from.toString(),
                ".");
    assertThat(code).isZero();
  }

  @Test
  void jobsOneAfterTheOtherLoadTheModelEachAndLeaveNone() throws Exception {
    long loaded = cluster.logged(LOADED);
    long unloaded = cluster.logged(UNLOADED);

    for (int i = 1; i <= 2; i++) {
      String output = "batch-" + i;
      String id = run(output, "mode: batch", "", "cpu");
      cluster.await(() -> cluster.state(id).equals("FINISHED"));

      assertThat(sums(output)).hasSize(RECORDS).allSatisfy(SessionClusterITCase::isRight);
      assertThat(cluster.logged(LOADED)).isEqualTo(loaded + i);
      assertThat(cluster.logged(UNLOADED)).isEqualTo(unloaded + i);
    }
    // Flink does not report a metric whose name is taken.
    assertThat(cluster.logged("Name collision")).isZero();
    // Where CUDA is without a driver, TensorFlow's start says so; loading a model does not.
    assertThat(cluster.logged(" CudaUtils - ")).isLessThanOrEqualTo(SAID_BY_START);
  }

  @Test
  void jobsThatRunTogetherShareOneLoadedModel() throws Exception {
    long loaded = cluster.logged(LOADED);
    long unloaded = cluster.logged(UNLOADED);
    String endless = "source.monitor-interval: 1s";

    String first = run("together-1", "mode: streaming", endless, "cpu");
    cluster.await(() -> sums("together-1").size() == RECORDS);
    String second = run("together-2", "mode: streaming", endless, "cpu");
    cluster.await(() -> sums("together-2").size() == RECORDS);

    assertThat(cluster.state(first)).isEqualTo("RUNNING");
    assertThat(cluster.state(second)).isEqualTo("RUNNING");
    assertThat(cluster.logged(LOADED)).isEqualTo(loaded + 1);
    cluster.cancel(first);
    assertThat(cluster.logged(UNLOADED)).isEqualTo(unloaded);
    cluster.cancel(second);
    assertThat(cluster.logged(UNLOADED)).isEqualTo(unloaded + 1);
    assertThat(sums("together-1")).allSatisfy(SessionClusterITCase::isRight);
    assertThat(sums("together-2")).allSatisfy(SessionClusterITCase::isRight);
  }

  @Test
  void aGpuIsTheOneThatFlinkGivesAndNoOtherDeviceServesForIt() throws Exception {
    String id = run("gpu", "mode: batch", "", "gpu:auto");
    cluster.await(() -> cluster.state(id).equals("FAILED"));

    assertThat(cluster.get("/jobs/" + id + "/exceptions").toString())
        .contains("UnavailableHereException: adder:1.0.0: device gpu:" + OneGpu.INDEX);
    assertThat(label(id)).isEqualTo("CONFIG");
  }

  @Test
  void aFailureSaysWhoMustAct() throws Exception {
    Path model = FOLDER.resolve("saved");
    new Jobs(FOLDER).publish("damaged", "1.0.0", SavedModels.twoByTwo(model), model);
    Path file = FOLDER.resolve("store/damaged/1.0.0/files/saved_model.pb");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    Files.writeString(
        Files.createDirectories(FOLDER.resolve("without-a")).resolve("a.json"), "{\"b\": 2}\n");

    String withDamaged = run("damaged", "mode: batch", "", "cpu", "damaged", "in");
    String withoutA = run("without-a-out", "mode: batch", "", "cpu", "adder", "without-a");

    cluster.await(() -> cluster.state(withDamaged).equals("FAILED"));
    cluster.await(() -> cluster.state(withoutA).equals("FAILED"));
    assertThat(label(withDamaged)).isEqualTo("MODEL");
    assertThat(label(withoutA)).isEqualTo("DATA");
  }

  /** What Flink's REST API says of a job's last failure. */
  private static String label(String job) throws Exception {
    return cluster
        .get("/jobs/" + job + "/exceptions")
        .at("/exceptionHistory/entries/0/failureLabels")
        .path("tidemill.failure")
        .asText();
  }

  private static String run(String output, String mode, String source, String device)
      throws Exception {
    return run(output, mode, source, device, "adder", "in");
  }

  private static String run(
      String output, String mode, String source, String device, String model, String input)
      throws Exception {
    Path job =
        Files.writeString(
            FOLDER.resolve(output + ".yaml"),
            """
            name: %s
            %s
            source:
              connector: filesystem
              path: %s/%s
              format: json
              columns: { a: DOUBLE, b: FLOAT }
              %s
            steps:
              - id: add
                model: %s@production
                input: { left: a, right: b }
                output: { sum: total }
                null-input: fail
                resources: { device: '%s' }
            sink: { connector: filesystem, path: '%s/%s', format: json }
            dead-letter: { connector: filesystem, path: '%s/dead', format: json }
            flink: { execution.checkpointing.interval: 300ms }
            """
                .formatted(
                    output, mode, FOLDER, input, source, model, device, FOLDER, output, FOLDER));
    return cluster.run(jar, ClusterJob.class, job.toString(), "--store", new Jobs(FOLDER).store());
  }

  /** The records that were scored; also those that a job that never ends has not committed. */
  private static List<JsonNode> sums(String output) throws IOException {
    Path folder = FOLDER.resolve(output);
    if (!Files.exists(folder)) {
      return List.of();
    }
    List<JsonNode> sums = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        for (String line : Files.readAllLines(file)) {
          sums.add(new ObjectMapper().readTree(line));
        }
      }
    } catch (UncheckedIOException moved) {
      throw moved.getCause();
    }
    return sums;
  }

  private static void isRight(JsonNode row) {
    assertThat(row.at("/total").asDouble()).isEqualTo(row.at("/a").asDouble() + 2);
  }
}
