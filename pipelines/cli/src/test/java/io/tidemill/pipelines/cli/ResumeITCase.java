package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.model.engine.tensorflow.SavedModels;
import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.run.EmbeddedFlink;
import io.tidemill.pipelines.run.EmbeddedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.core.execution.SavepointFormatType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tidemill run --from-savepoint}. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class ResumeITCase {
  private static final int RECORDS = 500;
  private static final long POLL_NANOS = 20_000_000;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private Path directory;

  private Path job(String mode) throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    return Files.writeString(
        directory.resolve("job.yaml"),
        """
        name: adding
        mode: %s
        source:
          connector: filesystem
          path: ${ROOT}/in
          format: json
          columns: { id: INT, a: DOUBLE, b: FLOAT }
          source.monitor-interval: 100ms
        steps:
          - id: add
            model: adder:1.0.0
            input: { left: a, right: b }
            output: { sum: total }
            resources: { device: cpu }
        sink: { connector: filesystem, path: '${ROOT}/out', format: json }
        dead-letter: { connector: filesystem, path: '${ROOT}/dead', format: json }
        flink: { execution.checkpointing.interval: 300ms }
        """
            .formatted(mode));
  }

  private void records(String file, int from) throws IOException {
    Path whole =
        Files.write(
            directory.resolve(file),
            IntStream.range(from, from + RECORDS)
                .mapToObj("{\"id\": %1$d, \"a\": %1$d, \"b\": 2}"::formatted)
                .toList());
    Files.move(whole, Files.createDirectories(directory.resolve("in")).resolve(file));
  }

  private CommandRun run(Path job, String... more) {
    List<String> arguments = new ArrayList<>(List.of("run", job.toString()));
    arguments.addAll(List.of("--store", new Jobs(directory).store()));
    arguments.addAll(List.of(more));
    return CommandRun.of(Map.of("ROOT", directory.toString()), arguments.toArray(new String[0]));
  }

  /** Ids that the sink wrote; those that no checkpoint has committed are in hidden files. */
  private List<Integer> ids(boolean committed) throws IOException {
    List<Integer> ids = new ArrayList<>();
    Path out = directory.resolve("out");
    if (!Files.exists(out)) {
      return ids;
    }
    try (Stream<Path> files = Files.list(out)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (committed && file.getFileName().toString().startsWith(".")) {
          continue;
        }
        for (String line : Files.readAllLines(file)) {
          ids.add(new ObjectMapper().readTree(line).get("id").asInt());
        }
      }
    } catch (NoSuchFileException | JsonProcessingException stillWritten) {
      if (committed) {
        throw stillWritten;
      }
      return List.of();
    }
    return ids;
  }

  @Test
  void goesOnWhereTheSavepointWasWithEveryRecordOnce() throws Exception {
    Path file = job("streaming");
    records("a.json", 0);
    ParsedPipeline parsed = new PipelineReader(Map.of("ROOT", directory.toString())).read(file);
    EmbeddedJob first =
        EmbeddedFlink.start(
            new PipelineComposer(new Jobs(directory).store(), Map.of())
                .plan(parsed.definition(), parsed::locationOf));
    Path savepoints = Files.createDirectories(directory.resolve("savepoints"));
    while (!Files.exists(directory.resolve("out"))) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    first
        .client()
        .stopWithSavepoint(false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
        .get();
    first.await();
    CommandRun parent = run(file, "--from-savepoint", savepoints.toString());
    Path savepoint;
    try (Stream<Path> written = Files.list(savepoints)) {
      savepoint = written.findFirst().orElseThrow();
    }
    assertThat(parent.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(parent.err())
        .contains("--from-savepoint: ", "those in it: " + savepoint.getFileName());
    records("b.json", RECORDS);
    int port = freePort();

    CompletableFuture<CommandRun> second =
        CompletableFuture.supplyAsync(
            () -> run(file, "-s", savepoint.toString(), "--set", "rest.port=" + port));
    // One that moves to its name while the folder is listed is there twice.
    while (!second.isDone() && Set.copyOf(ids(false)).size() < 2 * RECORDS) {
      LockSupport.parkNanos(POLL_NANOS);
    }
    if (!second.isDone()) {
      stopWithSavepoint(port, savepoints);
    }

    CommandRun ended = second.get();
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(ExitCode.DONE);
    assertThat(ids(true))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 2 * RECORDS).boxed().toList());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void stopWithSavepoint(int port, Path savepoints) throws Exception {
    String root = "http://127.0.0.1:" + port + "/jobs";
    JsonNode jobs =
        new ObjectMapper()
            .readTree(
                HTTP.send(
                        HttpRequest.newBuilder(URI.create(root)).build(),
                        HttpResponse.BodyHandlers.ofString())
                    .body());
    String body = "{\"targetDirectory\": \"%s\", \"drain\": true}".formatted(savepoints.toUri());
    HttpRequest stop =
        HttpRequest.newBuilder(URI.create(root + "/" + jobs.at("/jobs/0/id").asText() + "/stop"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    assertThat(HTTP.send(stop, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(202);
  }

  @Test
  void refusesAPathWithoutASavepoint() throws IOException {
    Path file = job("streaming");

    CommandRun missing = run(file, "--from-savepoint", directory.resolve("none").toString());
    CommandRun empty = run(file, "--from-savepoint", directory.resolve("saved").toString());
    CommandRun both = run(file, "--fresh", "--from-savepoint", directory.toString());

    assertThat(missing.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(missing.err()).contains("/none: not there");
    assertThat(empty.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(empty.err())
        .contains("/saved: no savepoint (expected: a folder with the file _metadata)");
    assertThat(both.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(both.err()).contains("--fresh: beside --from-savepoint (expected: one of them)");
  }
}
