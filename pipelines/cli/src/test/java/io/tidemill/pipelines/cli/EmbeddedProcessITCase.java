package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What a job that runs in this process shows to others, and leaves behind. */
@Timeout(value = 900, unit = TimeUnit.SECONDS)
class EmbeddedProcessITCase {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path directory;
  private Path job = Path.of("");

  @BeforeEach
  void writeAJob() throws IOException {
    Path model = Files.createDirectories(directory.resolve("saved"));
    new Jobs(directory).publish("adder", "1.0.0", SavedModels.twoByTwo(model), model);
    Files.createDirectories(directory.resolve("in"));
    job =
        Files.writeString(
            directory.resolve("job.yaml"),
            """
            name: adding
            mode: streaming
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
            """);
  }

  private EmbeddedJob start() {
    return start(Map.of());
  }

  private EmbeddedJob start(Map<String, String> flinkOptions) {
    ParsedPipeline parsed = new PipelineReader(Map.of("ROOT", directory.toString())).read(job);
    return EmbeddedFlink.start(
        new PipelineComposer(new Jobs(directory).store(), flinkOptions)
            .plan(parsed.definition(), parsed::locationOf));
  }

  /** Local addresses of this process's listening sockets, in the kernel's hexadecimal. */
  private static Set<String> listening() throws IOException {
    Set<String> own = new HashSet<>();
    try (Stream<Path> handles = Files.list(Path.of("/proc/self/fd"))) {
      for (Path handle : handles.toList()) {
        if (Files.isSymbolicLink(handle)) {
          own.add(Files.readSymbolicLink(handle).toString());
        }
      }
    }
    Set<String> addresses = new HashSet<>();
    for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] words = line.strip().split(" +", -1);
        if (words[3].equals("0A") && own.contains("socket:[" + words[9] + "]")) {
          addresses.add(words[1]);
        }
      }
    }
    return addresses;
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void listensForThisMachineOnly() throws Exception {
    EmbeddedJob running = start();
    try {
      assertThat(listening())
          .isNotEmpty()
          .allMatch(
              address ->
                  address.startsWith("0100007F:")
                      || address.startsWith("0000000000000000FFFF00000100007F:")
                      || address.startsWith("00000000000000000000000001000000:"));
    } finally {
      running.cancel(LIMIT);
    }
  }

  private static String answer(URI web, String request) throws IOException {
    try (Socket socket = new Socket(web.getHost(), web.getPort())) {
      socket
          .getOutputStream()
          .write((request + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void answersNoPageButItsOwn() throws Exception {
    EmbeddedJob running = start();
    try {
      URI web = running.webInterface();
      String host = "\r\nHost: " + web.getAuthority();
      String id = running.client().getJobID().toString();

      String jobs = answer(web, "GET /jobs HTTP/1.1" + host);
      // A page may hear of Flink's leader a little later than the job's client.
      while (jobs.startsWith("HTTP/1.1 503")) {
        jobs = answer(web, "GET /jobs HTTP/1.1" + host);
      }
      assertThat(jobs)
          .startsWith("HTTP/1.1 200")
          .doesNotContainIgnoringCase("access-control-allow-origin: *");
      assertThat(answer(web, "GET /config HTTP/1.1" + host + "\r\nSec-Fetch-Site: same-origin"))
          .startsWith("HTTP/1.1 200")
          .contains("\"web-submit\":false", "\"web-cancel\":false");
      for (String foreign :
          List.of(
              "GET /jobs/" + id + "/yarn-cancel HTTP/1.1" + host,
              "GET /jobs/" + id + "/yarn-stop?x HTTP/1.1" + host,
              "GET /jobs/" + id + "/yarn%2Dcancel HTTP/1.1" + host,
              "GET /jobs/" + id + "/%2579arn-cancel/ HTTP/1.1" + host,
              "GET /jobs/" + id + "/yarn-cancel%3Fx HTTP/1.1" + host,
              "GET /jobs/" + id + "/yarn-cancel%zz HTTP/1.1" + host,
              "GET /jobs HTTP/1.1" + host + "\r\nOrigin: https://evil.example",
              "GET /jobs HTTP/1.1" + host + "\r\nSec-Fetch-Site: cross-site",
              "GET /jobs HTTP/1.1\r\nHost: rebound.example:" + web.getPort())) {
        assertThat(answer(web, foreign)).as(foreign).startsWith("HTTP/1.1 403");
      }
      assertThat(running.client().getJobStatus().get()).isNotEqualTo(JobStatus.CANCELLING);
    } finally {
      running.cancel(LIMIT);
    }
  }

  @Test
  void prometheusFindsItsMetricsWhereTheJobSaysSo() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    EmbeddedJob running =
        start(
            Map.of(
                "metrics.reporter.prometheus.factory.class",
                "org.apache.flink.metrics.prometheus.PrometheusReporterFactory",
                "metrics.reporter.prometheus.port",
                String.valueOf(port)));
    try {
      URI metrics = URI.create("http://localhost:" + port);

      String found = "";
      while (!found.contains("_tidemill_step_model_version_records{")) {
        found = answer(metrics, "GET /metrics HTTP/1.1\r\nHost: localhost");
      }

      assertThat(found).contains("step=\"add\"", "flink_jobmanager_job_runningTime{");
    } finally {
      running.cancel(LIMIT);
    }
  }

  @Test
  void keepsItsFilesInOneFolder() throws Exception {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Set<Path> before = content(temporary);
    EmbeddedJob running = start();
    try {
      Set<Path> after = content(temporary);
      after.removeAll(before);

      assertThat(after)
          .map(path -> path.getFileName().toString())
          .noneMatch(name -> name.matches("(flink-|minicluster_|blobStore-|tm_|jm_|localState).*"));
    } finally {
      running.cancel(LIMIT);
    }
  }

  private static Set<Path> content(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return new HashSet<>(paths.toList());
    }
  }

  @Test
  void jobsThatStartAtOnceFindTheirPorts() throws Exception {
    List<CompletableFuture<EmbeddedJob>> starting =
        Stream.generate(() -> CompletableFuture.supplyAsync(this::start)).limit(3).toList();
    Set<Integer> ports = new HashSet<>();
    for (CompletableFuture<EmbeddedJob> one : starting) {
      EmbeddedJob running = one.get();
      ports.add(running.webInterface().getPort());
    }
    for (CompletableFuture<EmbeddedJob> one : starting) {
      one.get().cancel(LIMIT);
    }

    assertThat(ports).hasSize(3);
  }
}
