package io.tidemill.connectors.kafka;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real registry, Apicurio, in a process of its own with its schemas in memory. */
final class SchemaRegistry implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String API = "/apis/ccompat/v7";
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Process process;
  private final String url;
  private final String secureUrl;

  private SchemaRegistry(Process process, int port, int securePort) {
    this.process = process;
    this.url = "http://127.0.0.1:" + port + API;
    this.secureUrl = "https://127.0.0.1:" + securePort + API;
  }

  /**
   * Starts the process, and does not wait for it.
   *
   * @param certificates what it shows at its second address
   */
  static SchemaRegistry start(Certificates certificates) throws IOException {
    Path folder = Path.of("target", "apicurio");
    Path jar;
    try (var files = Files.list(folder)) {
      jar = files.filter(file -> file.toString().endsWith("-runner.jar")).findFirst().orElseThrow();
    }
    int port = EmbeddedKafka.freePort();
    int securePort = EmbeddedKafka.freePort();
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=" + port,
                "-Dquarkus.http.ssl-port=" + securePort,
                "-Dquarkus.http.ssl.certificate.key-store-file=" + certificates.file("server.p12"),
                "-Dquarkus.http.ssl.certificate.key-store-password=" + Certificates.PASSWORD,
                "-jar",
                jar.toString())
            .redirectErrorStream(true)
            .redirectOutput(Path.of("target", "apicurio.log").toFile())
            .start();
    return new SchemaRegistry(process, port, securePort);
  }

  String url() {
    return url;
  }

  /** The same over TLS. */
  String secureUrl() {
    return secureUrl;
  }

  /** Waits until it answers. */
  void await() throws Exception {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        ask("/schemas/types", "GET", "");
        return;
      } catch (ConnectException e) {
        if (!process.isAlive() || System.nanoTime() > until) {
          throw new IllegalStateException("no registry, see target/apicurio.log", e);
        }
      }
      CompletableFuture.runAsync(
              () -> {}, CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS))
          .get();
    }
  }

  /** Registers a schema and returns its id. */
  int register(String subject, String avsc) throws Exception {
    return register(subject, avsc, "[]");
  }

  int register(String subject, String avsc, String references) throws Exception {
    String body =
        MAPPER
            .createObjectNode()
            .put("schema", avsc)
            .set("references", MAPPER.readTree(references))
            .toString();
    return ask("/subjects/" + subject + "/versions", "POST", body).path("id").asInt();
  }

  void setCompatibility(String subject, String level) throws Exception {
    ask("/config/" + subject, "PUT", "{\"compatibility\":\"" + level + "\"}");
  }

  /** The text of a schema. */
  String schema(int id) throws Exception {
    return ask("/schemas/ids/" + id, "GET", "").path("schema").asText();
  }

  /** The text of a subject's last schema. */
  String latest(String subject) throws Exception {
    return ask("/subjects/" + subject + "/versions/latest", "GET", "").path("schema").asText();
  }

  private JsonNode ask(String path, String method, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(path + " answers " + answer.body());
    }
    return MAPPER.readTree(answer.body());
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
