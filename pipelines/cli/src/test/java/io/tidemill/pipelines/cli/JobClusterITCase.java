package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The cluster of a single job, with the options that docker-compose.yml has for it but its names
 * and its memory.
 */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
final class JobClusterITCase {
  @TempDir private Path directory;

  private String options(String quorum) throws IOException {
    Map<String, String> options = new TreeMap<>(new ComposeFile().flinkOptions("jobmanager"));
    options.keySet().removeIf(key -> key.matches("(metrics|.*\\.memory|.*\\.rpc)\\..*|.*Slots"));
    assertThat(options).containsKey("high-availability.zookeeper.quorum");
    options.put("high-availability.zookeeper.quorum", quorum);
    return options.entrySet().stream()
        .map(option -> option.getKey() + ": " + option.getValue() + "\n")
        .collect(Collectors.joining())
        .replace("file:///", directory.toUri().toString());
  }

  /** Those of {@code ClusterJob} in docker-compose.yml. */
  private static List<String> entryOptions() throws IOException {
    String command = String.valueOf(new ComposeFile().service("jobmanager").get("command"));
    return Stream.of(command.split(" ", -1))
        .filter(word -> word.startsWith("--") && !word.equals("--job-classname"))
        .toList();
  }

  /** A job that scores whatever comes into its folder. */
  private Path job() throws IOException {
    Path files = Files.createDirectories(directory.resolve("onnx"));
    Signature signature = OnnxModels.mlp(files, 2);
    if (Files.notExists(directory.resolve("store"))) {
      ModelStore.open(directory.resolve("store").toString())
          .push(
              new ModelDraft("mlp", SemanticVersion.parse("1.0.0"), "onnx", signature, Map.of()),
              files);
    }
    Files.createDirectories(directory.resolve("in"));
    return Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: fraud
        mode: streaming
        store: store
        source:
          connector: filesystem
          path: in
          format: json
          source.monitor-interval: 200ms
          columns: { id: INT NOT NULL, x: FLOAT, y: FLOAT }
        steps:
          - id: score
            model: mlp:1.0.0
            input: { features: [x, y] }
            output: { score: score }
            resources: { device: cpu }
        sink:
          connector: filesystem
          path: out
          format: json
          sink.rolling-policy.rollover-interval: 500ms
          sink.rolling-policy.check-interval: 100ms
        dead-letter: { connector: filesystem, path: dead, format: json }
        flink: { execution.checkpointing.interval: 300ms }
        """);
  }

  private void feed(int id) throws IOException {
    Path file = directory.resolve("next.json");
    Files.writeString(file, "{\"id\": %d, \"x\": 1, \"y\": 0.5}\n".formatted(id));
    Files.move(file, directory.resolve("in/" + id + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The records in the files of the sink. */
  private List<Integer> published() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("out"))) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .flatMap(JobClusterITCase::ids)
          .sorted()
          .toList();
    }
  }

  private static Stream<Integer> ids(Path file) {
    try {
      List<Integer> ids = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        ids.add(new ObjectMapper().readTree(line).path("id").asInt());
      }
      return ids.stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void killAndRevive(ProcessCluster cluster) throws Exception {
    Process killed = cluster.jobManager();
    killed.destroyForcibly();
    killed.onExit().join();
    cluster.revive();
  }

  /** The exit code of a JobManager, whose job has ended. */
  private static int ended(ProcessCluster cluster) throws InterruptedException {
    assertThat(cluster.jobManager().waitFor(4, TimeUnit.MINUTES)).as("JobManager ends").isTrue();
    return cluster.jobManager().exitValue();
  }

  @Test
  void goesOnAfterItsJobManagerDiedAndStaysEndedOnceItWasCancelled() throws Exception {
    try (ZooKeeper zooKeeper = new ZooKeeper(directory.resolve("zookeeper"));
        ProcessCluster cluster = cluster(zooKeeper, List.of())) {
      feed(0);
      cluster.await(() -> published().equals(List.of(0)));

      killAndRevive(cluster);
      feed(1);
      cluster.await(() -> published().equals(List.of(0, 1)));

      Path store = directory.resolve("store");
      Path away = Files.move(store, directory.resolve("away"));
      killAndRevive(cluster);
      assertThat(ended(cluster)).as("of a JobManager that cannot plan").isOne();
      Files.move(away, store);
      cluster.revive();
      feed(2);
      cluster.await(() -> published().equals(List.of(0, 1, 2)));

      cluster.startToCancel(cluster.get("/jobs").at("/jobs/0/id").asText());
      assertThat(ended(cluster)).isZero();
      cluster.revive();
      feed(3);

      // One that began the job anew would not end, and one that failed would be started again.
      assertThat(ended(cluster)).isZero();
      assertThat(published()).containsExactly(0, 1, 2);

      goesOnFrom(newestCheckpoint(), zooKeeper);
    }
  }

  /** As with START_FROM. */
  private void goesOnFrom(Path checkpoint, ZooKeeper zooKeeper) throws Exception {
    FileUtils.deleteDirectory(directory.resolve("tmp/results").toFile()); // The container's own.
    try (ProcessCluster anew =
        cluster(zooKeeper, List.of("--fromSavepoint", checkpoint.toUri().toString()))) {
      anew.await(() -> published().equals(List.of(0, 1, 2, 3)));
    }
  }

  private Path newestCheckpoint() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("checkpoints"))) {
      return files
          .filter(file -> file.endsWith("_metadata"))
          .max(Comparator.comparingLong(file -> file.toFile().lastModified()))
          .map(Path::getParent)
          .orElseThrow();
    }
  }

  private ProcessCluster cluster(ZooKeeper zooKeeper, List<String> start) throws Exception {
    return ProcessCluster.ofJob(
        directory,
        ProcessCluster.classPathWithout(List.of()),
        options(zooKeeper.quorum()),
        Stream.concat(start.stream(), entryOptions().stream()).toList(),
        job());
  }
}
