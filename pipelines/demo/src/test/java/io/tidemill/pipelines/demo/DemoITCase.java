package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.pipelines.compose.PipelineComposer;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole demo, smaller, on the job file that is shipped. */
final class DemoITCase {
  private static final Path JOB = Path.of("..", "..", "job-configs", "fraud-scoring.yaml");

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path temporary;

  @Test
  void everyTransactionHasOneOutcomeAndTheNumbersAddUp() throws Exception {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Progress progress =
        new Progress(
            new PrintStream(said, true, StandardCharsets.UTF_8),
            Progress.Look.PLAIN,
            System::nanoTime);
    DemoReport report;
    try (Demo demo =
        new Demo(new Demo.Settings(JOB, temporary, 18_000, 2_000), Map.of(), progress)) {
      report = demo.run(false);
      assertThat(lettersAsTheReadmeShows(report.places())).isEqualTo(6);
    }

    Outcomes outcomes = report.outcomes();
    assertThat(outcomes.exactlyOnce()).as("%s", outcomes).isTrue();
    assertThat(report.exitCode()).isZero();
    assertThat(report.recordsIn()).isEqualTo(20_000);
    assertThat(outcomes.predictions()).isEqualTo(19_994);
    assertThat(outcomes.deadLetters()).containsEntry("null-input", 2L);
    assertThat(letters(report)).isEqualTo(6);
    assertThat(outcomes.withoutModel()).isZero();
    assertThat(outcomes.auc()).isBetween(0.85, 0.95);
    assertThat(outcomes.recordsPerSecond()).isPositive();
    assertThat(outcomes.p99Millis()).isGreaterThanOrEqualTo(outcomes.p50Millis()).isPositive();
    assertThat(report.fill()).isBetween(0.01, 1.0);
    assertThat(report.closeCauses()).isNotEmpty();
    assertThat(report.places().model()).isEqualTo("fraud:1.4.2");
    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("ok: Starting a Kafka broker", "fraud@production", "ok: Stopping the job")
        .doesNotContain("failed");
  }

  /** Smaller still: what the README's next commands ask is there until it is closed. */
  @Test
  void keptRunningItsJobRunsUntilItIsClosed() throws Exception {
    Progress unheard =
        new Progress(
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            Progress.Look.PLAIN,
            System::nanoTime);
    HttpRequest jobs;
    try (Demo demo = new Demo(new Demo.Settings(JOB, temporary, 900, 100), Map.of(), unheard)) {
      DemoReport report = demo.run(true);
      DemoReport.Places places = report.places();
      jobs = HttpRequest.newBuilder(URI.create(places.webUi() + "/jobs/overview")).build();

      assertThat(HTTP.send(jobs, HttpResponse.BodyHandlers.ofString()).body())
          .contains("\"state\":\"RUNNING\"");
      assertThat(lettersAsTheReadmeShows(places)).isEqualTo(letters(report));
    }

    assertThatThrownBy(() -> HTTP.send(jobs, HttpResponse.BodyHandlers.discarding()))
        .isInstanceOf(ConnectException.class);
  }

  private static long letters(DemoReport report) {
    return report.outcomes().deadLetters().values().stream().mapToLong(Long::longValue).sum();
  }

  /** What {@code dead-letters stats} counts with the environment that the README exports. */
  private static long lettersAsTheReadmeShows(DemoReport.Places places) throws IOException {
    assertThat(Files.readString(Path.of("../../README.md")))
        .contains(
            "export KAFKA_BOOTSTRAP=127.0.0.1:PORT TIDEMILL_STORE=" + DemoFolder.DEFAULT + "/store",
            "./tidemill dead-letters stats job-configs/fraud-scoring.yaml");
    ParsedPipeline parsed =
        new PipelineReader(Map.of("KAFKA_BOOTSTRAP", places.broker())).read(JOB);
    PipelineComposer composer = new PipelineComposer(places.store(), Map.of());
    assertThat(composer.plan(parsed.definition(), parsed::locationOf).models())
        .hasToString("[" + places.model() + "]");
    List<String> causes = new ArrayList<>();
    composer
        .deadLetters(parsed.definition(), parsed::locationOf)
        .forEach(List.of(), (letter, record) -> causes.add(letter.cause()));
    return causes.size();
  }
}
