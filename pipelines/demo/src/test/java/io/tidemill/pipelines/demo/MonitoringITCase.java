package io.tidemill.pipelines.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.pipelines.ClusterJob;
import io.tidemill.pipelines.cli.ProcessCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Dashboard, alerts and the queries of docs/metrics.md, asked of a Prometheus that scrapes a job on
 * a cluster.
 */
final class MonitoringITCase {
  private static final Path MONITORING = Path.of("../../monitoring");
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Pattern QUESTION =
      Pattern.compile("^\\| [^|`]+ \\| `(.*)` \\|$", Pattern.MULTILINE);

  /** One record in ten has no 'a'. */
  private static final int PORTION = 100;

  @TempDir Path directory;

  private static Path program(String name) {
    var program = Prometheus.program(name);
    assumeTrue(
        program.isPresent(), "no '" + name + "' on the PATH (Debian: apt-get install prometheus)");
    return program.orElseThrow();
  }

  private static void promtool(Path folder, String... arguments) throws Exception {
    List<String> words = new ArrayList<>(List.of(program("promtool").toString()));
    words.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(words).directory(folder.toFile()).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
  }

  @Test
  @Timeout(120)
  void alertsFireWhenTheyAreTo() throws Exception {
    promtool(MONITORING, "test", "rules", "alerts-test.yml");
  }

  @Test
  @Timeout(120)
  void everyAlertIsTestedAndHasItsPlaceOnThePage() throws IOException {
    List<String> alerts = named("alert: ", MONITORING.resolve("alerts.yml"));
    assertThat(alerts).hasSizeGreaterThan(5).doesNotHaveDuplicates();
    assertThat(named("alertname: ", MONITORING.resolve("alerts-test.yml"))).containsAll(alerts);
    assertThat(named("### ", Path.of("../../docs/operations.md")))
        .containsExactlyElementsOf(alerts);
    assertThat(named("runbook: ", MONITORING.resolve("alerts.yml")))
        .containsExactlyElementsOf(
            alerts.stream()
                .map(alert -> "docs/operations.md#" + alert.toLowerCase(Locale.ROOT))
                .toList());
  }

  /** What is behind these words, at the beginning of lines. */
  private static List<String> named(String words, Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .map(line -> line.replaceFirst("^[ -]*", ""))
        .filter(line -> line.startsWith(words))
        .map(line -> line.substring(words.length()))
        .toList();
  }

  @Test
  @Timeout(120)
  void prometheusReadsItsConfiguration() throws Exception {
    Path file = Prometheus.configuration(directory, List.of("localhost:9249"));

    promtool(directory, "check", "config", file.toString());
  }

  @Test
  @Timeout(value = 15 * 60)
  void everyQueryFindsSeriesOfARunningJob() throws Exception {
    Path program = program("prometheus");
    int port = twoFreePorts();
    try (DemoBroker broker = new DemoBroker(directory.resolve("broker"));
        ScoringJobs jobs = new ScoringJobs(directory, broker.bootstrapServers(), 1, "in");
        ProcessCluster cluster =
            jobs.cluster(
                """
                metrics.reporter.prometheus.factory.class: org.apache.flink.metrics.prometheus.PrometheusReporterFactory
                metrics.reporter.prometheus.port: %d-%d
                metrics.reporter.prometheus.filterLabelValueCharacters: false
                """
                    .formatted(port, port + 1));
        Prometheus prometheus =
            Prometheus.start(
                program,
                directory.resolve("prometheus"),
                List.of("127.0.0.1:" + port, "127.0.0.1:" + (port + 1)))) {
      cluster.run(
          cluster.upload(ProcessCluster.jobJar(directory.resolve("job.jar"))),
          ClusterJob.class,
          jobs.write(
                  "scoring",
                  "in",
                  "properties.group.id: scoring",
                  "execution.checkpointing.interval: 500ms")
              .toString(),
          "--allow-doubles");

      List<String> without = queries(prometheus);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!(without.isEmpty() && seesDeadLetters(prometheus)) && System.nanoTime() < deadline) {
        write(jobs);
        without = without.stream().filter(query -> findsNothing(prometheus, query)).toList();
      }

      assertThat(without).as("queries that find nothing").isEmpty();
      assertThat(seesDeadLetters(prometheus)).isTrue();
      assertThat(prometheus.rules())
          .hasSizeGreaterThan(5)
          .allSatisfy(rule -> assertThat(rule.path("health").asText()).isEqualTo("ok"))
          .noneMatch(rule -> rule.path("state").asText().equals("firing"));
    }
  }

  private static int twoFreePorts() throws IOException {
    while (true) {
      try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
          ServerSocket second =
              new ServerSocket(first.getLocalPort() + 1, 1, InetAddress.getLoopbackAddress())) {
        assertThat(second.getLocalPort()).isPositive();
        return first.getLocalPort();
      } catch (IOException taken) {
        // The one behind it.
      }
    }
  }

  private static void write(ScoringJobs jobs) {
    for (int id = 0; id < PORTION; id++) {
      jobs.send("in", id, id % 10 == 0 ? ScoringJobs.withoutA(id) : ScoringJobs.sound(id));
    }
    jobs.flush();
  }

  /** Of ten records one is; more than one in a hundred is what the alert waits for. */
  private static boolean seesDeadLetters(Prometheus prometheus) throws IOException {
    String part = Dashboard.shipped().expressions("Dead letters").get(0);
    return prometheus.find(part).stream()
            .anyMatch(series -> series.value() > 0.07 && series.value() < 0.13)
        && prometheus.rules().stream()
            .filter(rule -> rule.path("state").asText().equals("pending"))
            .anyMatch(rule -> rule.path("name").asText().equals("TidemillDeadLetters"));
  }

  private static boolean findsNothing(Prometheus prometheus, String query) {
    return prometheus.find(query).stream().allMatch(series -> Double.isNaN(series.value()));
  }

  /** Of the dashboard, of what alerts are made of, and of the page. */
  private static List<String> queries(Prometheus prometheus) throws IOException {
    List<String> queries = new ArrayList<>(Dashboard.shipped().expressions());
    assertThat(queries).hasSizeGreaterThan(25).noneMatch(query -> query.contains("$"));
    for (JsonNode rule : prometheus.rules()) {
      List<String> series =
          Pattern.compile("\\bflink_\\w+")
              .matcher(rule.path("query").asText())
              .results()
              .map(MatchResult::group)
              .toList();
      assertThat(series).as(rule.toString()).isNotEmpty();
      queries.addAll(series);
    }
    String page = Files.readString(Path.of("../../docs/metrics.md"));
    Matcher prefix = Pattern.compile("With `P` for `(\\w+)`").matcher(page);
    assertThat(prefix.find()).isTrue();
    List<String> documented =
        QUESTION
            .matcher(page)
            .results()
            .map(question -> question.group(1).replaceAll("\\bP_", prefix.group(1) + "_"))
            .toList();
    assertThat(documented).hasSizeGreaterThan(10);
    queries.addAll(documented);
    // No model is on a GPU here.
    queries.removeIf(query -> query.contains("_gpu_"));
    return queries;
  }
}
