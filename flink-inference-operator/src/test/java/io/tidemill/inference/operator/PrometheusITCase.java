package io.tidemill.inference.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.inference.step.StepSettings;
import io.tidemill.model.FakeModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.metrics.prometheus.PrometheusReporterFactory;
import org.apache.flink.test.junit5.MiniClusterExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a Prometheus server scrapes from a running job. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
class PrometheusITCase {
  private static final int PORT = freePort();

  @RegisterExtension static final MiniClusterExtension CLUSTER = ReportedJob.cluster(reporter());

  private final FakeModel model = FakeModel.ofFeatures(1);
  private final CountDownLatch scraped = new CountDownLatch(1);

  private static Configuration reporter() {
    Configuration configuration = new Configuration();
    configuration.setString(
        "metrics.reporter.prometheus.factory.class", PrometheusReporterFactory.class.getName());
    configuration.setString("metrics.reporter.prometheus.port", String.valueOf(PORT));
    return configuration;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void exportsEveryDocumentedMetricWithItsLabels() throws Exception {
    model.behave(
        (self, input, allocator) -> {
          awaitScrape();
          return self.answer(input, allocator);
        });
    JobClient job = new ReportedJob(model, StepSettings.defaults()).start();

    List<String> documented =
        DocumentedMetrics.rows().stream().map(DocumentedMetrics.Row::name).toList();
    List<String> samples = scrapeUntilAllAreThere(documented);
    scraped.countDown();
    job.getJobExecutionResult().get();

    assertThat(documented).hasSizeGreaterThan(15);
    assertAsManyAsThePageSays(samples);
    for (String metric : documented) {
      assertThat(samples)
          .as(metric)
          .filteredOn(sample -> sample.startsWith(metric + "{"))
          .isNotEmpty()
          .allSatisfy(
              sample ->
                  assertThat(sample)
                      .contains("step=\"score\"", "model=\"fake\"", "version=\"1_0_0\"")
                      .contains("job_name=", "task_name=", "operator_name=", "subtask_index="));
    }
    assertThat(samples)
        .anySatisfy(
            sample ->
                assertThat(sample)
                    .startsWith(DocumentedMetrics.SCOPE + "cause_closed{")
                    .contains("cause=\"size\"")
                    .endsWith(" 1.0"))
        .anySatisfy(
            sample ->
                assertThat(sample)
                    .startsWith(DocumentedMetrics.SCOPE + "inFlight{")
                    .endsWith(" 1.0"));
  }

  /** Of the 9 buckets that docs/scale.md speaks of, a step whose batches hold 4 has 3. */
  private static void assertAsManyAsThePageSays(List<String> samples) throws IOException {
    String page = Files.readString(Path.of("..", "docs", "scale.md"));
    Matcher said = Pattern.compile("(\\d+) series and 9 of buckets").matcher(page);
    assertThat(said.find()).isTrue();
    assertThat(samples.stream().filter(sample -> sample.startsWith(DocumentedMetrics.SCOPE)))
        .hasSize(Integer.parseInt(said.group(1)) + 3);
  }

  private void awaitScrape() {
    try {
      scraped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted before the scrape", e);
    }
  }

  /** The samples of a scrape in which the one batch is in flight and every name stands. */
  private static List<String> scrapeUntilAllAreThere(List<String> names) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + PORT + "/metrics")).build();
    HttpClient client = HttpClient.newHttpClient();
    while (true) {
      List<String> lines =
          client.send(request, HttpResponse.BodyHandlers.ofLines()).body().toList();
      boolean inFlight =
          lines.stream()
              .anyMatch(
                  line ->
                      line.startsWith(DocumentedMetrics.SCOPE + "inFlight{")
                          && line.endsWith(" 1.0"));
      if (inFlight
          && names.stream()
              .allMatch(name -> lines.stream().anyMatch(line -> line.startsWith(name + "{")))) {
        return lines;
      }
    }
  }
}
