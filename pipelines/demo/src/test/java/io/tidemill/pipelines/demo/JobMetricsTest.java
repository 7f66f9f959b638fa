package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class JobMetricsTest {
  private static final String SCOPE = "score.tidemill.step.score.model.fraud.version.1_4_2.";
  private static final String OTHER = "score.tidemill.step.other.model.fraud.version.1_4_2.";

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answer("/jobs/7", "{\"vertices\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}");
    answer("/jobs/7/vertices/a/subtasks/metrics", "[{\"id\": \"Source.numRecordsOut\"}]");
    server.createContext(
        "/jobs/7/vertices/b/subtasks/metrics",
        exchange ->
            send(
                exchange,
                exchange.getRequestURI().getQuery() == null
                    ? """
                      [{"id": "%1$srecords"}, {"id": "%1$sbatches"}, {"id": "%1$scause.size.closed"},
                       {"id": "%1$scause.end_of_input.closed"}, {"id": "%1$scause.model.deadLetters"},
                       {"id": "%2$srecords"}]
                      """
                        .formatted(SCOPE, OTHER)
                    : """
                      [{"id": "%1$srecords", "sum": 1000.0}, {"id": "%1$sbatches", "sum": 4.0},
                       {"id": "%1$scause.size.closed", "sum": 4.0},
                       {"id": "%1$scause.end_of_input.closed", "sum": 0.0}]
                      """
                        .formatted(SCOPE)));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void readsWhatTheStepCounts() throws InterruptedException {
    BatchCounts counts =
        new JobMetrics(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"), "7")
            .batches("score");

    assertThat(counts).isEqualTo(new BatchCounts(1_000, 4, Map.of("size", 4L)));
  }

  @Test
  void asksForTheStepsOwnCountsOnly() throws InterruptedException {
    new JobMetrics(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"), "7")
        .batches("score");

    assertThat(asked)
        .filteredOn(uri -> uri.contains("?"))
        .singleElement()
        .asString()
        .startsWith("/jobs/7/vertices/b/subtasks/metrics?agg=sum&get=" + SCOPE + "records,")
        .doesNotContain("other", "deadLetters");
  }

  private void answer(String path, String json) {
    server.createContext(path, exchange -> send(exchange, json));
  }

  private void send(HttpExchange exchange, String json) throws IOException {
    asked.add(exchange.getRequestURI().toString());
    byte[] body = json.getBytes(UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
