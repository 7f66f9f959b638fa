package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Debian's Prometheus on this machine, with the configuration that is shipped: only what it scrapes
 * and how often are the test's.
 */
final class Prometheus implements AutoCloseable {
  private static final Path SHIPPED = Path.of("../../docker/prometheus.yml");
  private static final Path ALERTS = Path.of("../../monitoring/alerts.yml");
  private static final Duration START = Duration.ofMinutes(3);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final String address;

  private Prometheus(Process process, Path log, String address) {
    this.process = process;
    this.log = log;
    this.address = address;
  }

  /** One of its programs, if this machine has it. */
  static Optional<Path> program(String name) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Writes the shipped configuration with other targets; answers its file. */
  static Path configuration(Path folder, List<String> targets) throws IOException {
    String shipped = Files.readString(SHIPPED);
    String own =
        shipped
            .replace("scrape_interval: 5s", "scrape_interval: 1s\n  evaluation_interval: 1s")
            .replaceFirst(
                "(?s)dns_sd_configs:.*refresh_interval: 5s",
                "static_configs:\n      - targets: ['" + String.join("', '", targets) + "']")
            .replace("/etc/prometheus/alerts.yml", ALERTS.toRealPath().toString());
    assertThat(own).contains("scrape_interval: 1s", targets.get(0), ALERTS.toRealPath().toString());
    return Files.writeString(Files.createDirectories(folder).resolve("prometheus.yml"), own);
  }

  /** Starts a server, which scrapes each second. */
  static Prometheus start(Path program, Path folder, List<String> targets) throws Exception {
    String address;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = "127.0.0.1:" + socket.getLocalPort();
    }
    Path log = Files.createDirectories(folder).resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--config.file=" + configuration(folder, targets),
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=" + address)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Prometheus prometheus = new Prometheus(process, log, address);
    try {
      prometheus.awaitStart();
      return prometheus;
    } catch (Exception | AssertionError e) {
      prometheus.close();
      throw e;
    }
  }

  private void awaitStart() throws Exception {
    long deadline = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < deadline && !process.waitFor(50, TimeUnit.MILLISECONDS)) {
      try {
        if (send("/-/ready").statusCode() == 200) {
          return;
        }
      } catch (IOException starting) {
        // Not listening yet.
      }
    }
    throw new AssertionError("Prometheus does not start:\n" + Files.readString(log));
  }

  private HttpResponse<String> send(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode ask(String path) {
    try {
      HttpResponse<String> answer = send(path);
      assertThat(answer.statusCode()).as("%s: %s", path, answer.body()).isEqualTo(200);
      return new ObjectMapper().readTree(answer.body()).path("data");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: " + path, e);
    }
  }

  /** What an expression finds now; one that cannot be read fails the test. */
  List<Series> find(String expression) {
    JsonNode found =
        ask("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    return found
        .path("result")
        .valueStream()
        .map(each -> new Series(each.path("metric"), each.at("/value/1").asDouble()))
        .toList();
  }

  /** A series with its value now. */
  record Series(JsonNode labels, double value) {}

  /** Its rules, as it has evaluated them. */
  List<JsonNode> rules() {
    return ask("/api/v1/rules").path("groups").findValues("rules").stream()
        .flatMap(JsonNode::valueStream)
        .toList();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
