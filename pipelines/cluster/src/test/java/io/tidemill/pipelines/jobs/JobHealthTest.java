package io.tidemill.pipelines.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.tidemill.pipelines.rest.FlinkRest;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.JobStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stand-in answers for the cluster: to each question in turn, and the last for good. */
class JobHealthTest {
  private static final String ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
  private static final String EXCEPTIONS = "/jobs/" + ID + "/exceptions";
  private static final String WELL = "{\"exceptionHistory\": {\"entries\": []}}";
  private static final String FAILS =
      "{\"exceptionHistory\": {\"entries\": [{\"stacktrace\": \"a.B: no column, password=hush\"}]}}";
  private static final String NO_LEADER =
      "503 {\"errors\": [\"Service temporarily unavailable due to an ongoing leader election.\"]}";
  private static final Duration SHORT = Duration.ofMillis(1);

  private final JobState job = new JobState(ID, "fraud", JobStatus.RUNNING, Instant.EPOCH);
  private final Map<String, Deque<String>> answers = new HashMap<>();
  private final HttpServer server;
  private final FlinkCluster cluster;

  JobHealthTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    URI address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    cluster = new FlinkCluster(new FlinkRest(address), Duration.ZERO);
  }

  @BeforeEach
  void start() {
    server.createContext(
        "/",
        exchange -> {
          Deque<String> left =
              answers.getOrDefault(exchange.getRequestURI().getPath(), new ArrayDeque<>());
          String answer = left.size() > 1 ? left.removeFirst() : left.getFirst();
          boolean refused = answer.startsWith("503 ");
          exchange.sendResponseHeaders(refused ? 503 : 200, 0);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(answer.substring(refused ? 4 : 0).getBytes(UTF_8));
          }
        });
    server.start();
    answers("/jobs/" + ID, "{\"state\": \"RUNNING\", \"vertices\": [{\"status\": \"RUNNING\"}]}");
    refresh(0);
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answers(String path, String... inTurn) {
    answers.put(path, new ArrayDeque<>(List.of(inTurn)));
  }

  private void refresh(long millis) {
    answers(
        "/jobmanager/config",
        "[{\"key\": \"web.refresh-interval\", \"value\": \"%d ms\"}]".formatted(millis));
  }

  private Optional<String> sickness(Duration step) throws InterruptedException {
    return new JobHealth(cluster, step, SHORT).sickness(job);
  }

  @Test
  void whatFailsAtTheEndOfTheWindowIsSeenThroughFlinksCache() throws Exception {
    answers(EXCEPTIONS, WELL, WELL, FAILS);
    assertThat(sickness(SHORT)).isEmpty();

    refresh(1000);
    answers(EXCEPTIONS, WELL, WELL, FAILS);

    assertThat(sickness(SHORT)).contains("it fails: no column, password=******");
  }

  @Test
  void aLeaderElectionHasTheTimeOfTheStep() throws Exception {
    answers(EXCEPTIONS, NO_LEADER, NO_LEADER, WELL);
    assertThat(sickness(Duration.ofMinutes(1))).isEmpty();

    answers(EXCEPTIONS, NO_LEADER);
    assertThatThrownBy(() -> sickness(SHORT))
        .hasMessageContaining("leader election. (expected: a JobManager that leads");
  }

  @Test
  void aJobIsWatchedAnewWhereItsJobManagerGoesAwayAtTheEndOfTheWindow() throws Exception {
    answers(EXCEPTIONS, WELL, NO_LEADER, NO_LEADER, WELL, FAILS);

    assertThat(sickness(Duration.ofMinutes(1))).contains("it fails: no column, password=******");
  }
}
