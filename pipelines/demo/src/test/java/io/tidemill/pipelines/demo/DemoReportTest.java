package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemill.pipelines.demo.DemoReport.Places;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class DemoReportTest {
  private static final Places PLACES =
      new Places(
          "http://127.0.0.1:8081",
          "127.0.0.1:9092",
          "transactions",
          "fraud-scores",
          "fraud-dead-letters",
          "fraud:1.4.2",
          "sha256:abc",
          "file:/tmp/store",
          "/work");

  @Test
  void textIsAligned() {
    assertThat(ReportText.of(report(outcomes(0, 0, 0), PLACES)))
        .isEqualTo(
            """
              records in                        200,000
              predictions                       199,940
              dead letters                           60
                EOFException                         40
                null-input                           20
              lost                                    0
              doubled                                 0

              waiting at the start              180,000
                worked off at                    98,765 records/s
                in batches filled to               97.3 %
                closed by                      deadline 12, size 1,562
              then steadily                       4,000 records/s
                p50 to the prediction               120 ms
                p99 to the prediction             1,340 ms, and seen with the next checkpoint
              model quality (AUC)                 0.917

              web UI                           http://127.0.0.1:8081
              broker                           127.0.0.1:9092
              topics                           transactions -> fraud-scores, fraud-dead-letters
              model                            fraud:1.4.2 sha256:abc
              store                            file:/tmp/store
              work folder                      /work
            """);
  }

  @Test
  void jsonNamesEveryFact() throws JsonProcessingException {
    JsonNode json = new ObjectMapper().readTree(report(outcomes(0, 0, 0), PLACES).json());

    assertThat(json.get("recordsIn").asLong()).isEqualTo(200_000);
    assertThat(json.get("predictions").asLong()).isEqualTo(199_940);
    assertThat(json.at("/deadLetters/EOFException").asLong()).isEqualTo(40);
    assertThat(json.get("lost").asLong()).isZero();
    assertThat(json.get("doubled").asLong()).isZero();
    assertThat(json.get("recordsPerSecond").asDouble()).isEqualTo(98_765);
    assertThat(json.get("backlog").asLong()).isEqualTo(180_000);
    assertThat(json.get("steadyRecordsPerSecond").asLong()).isEqualTo(4_000);
    assertThat(json.get("p50Millis").asDouble()).isEqualTo(120);
    assertThat(json.get("p99Millis").asDouble()).isEqualTo(1_340);
    assertThat(json.get("fill").asDouble()).isEqualTo(0.973);
    assertThat(json.at("/closeCauses/size").asLong()).isEqualTo(1_562);
    assertThat(json.get("auc").asDouble()).isEqualTo(0.917);
    assertThat(json.at("/places/webUi").asText()).isEqualTo("http://127.0.0.1:8081");
  }

  @Test
  void whatWasNotMeasuredIsNullInJsonAndLeftOutOfText() throws JsonProcessingException {
    DemoReport report =
        new DemoReport(1, 1, 4_000, outcomes(0, 0, 0), Double.NaN, Map.of(), withoutWebUi());

    JsonNode json = new ObjectMapper().readTree(report.json());

    assertThat(json.get("fill").isNull()).isTrue();
    assertThat(json.at("/places/webUi").isNull()).isTrue();
    assertThat(ReportText.of(report)).doesNotContain("filled to", "closed by", "web UI");
  }

  @Test
  void exitCodeTellsWhetherEachRecordHadOneOutcome() {
    assertThat(report(outcomes(0, 0, 0), PLACES).exitCode()).isZero();
    assertThat(report(outcomes(1, 0, 0), PLACES).exitCode()).isEqualTo(1);
    assertThat(report(outcomes(0, 1, 0), PLACES).exitCode()).isEqualTo(1);
    assertThat(report(outcomes(0, 0, 1), PLACES).exitCode()).isEqualTo(1);
  }

  @Test
  void outcomesOfUnknownOriginAreSaid() {
    assertThat(ReportText.of(report(outcomes(0, 0, 3), PLACES))).contains("of unknown origin");
  }

  private static DemoReport report(Outcomes outcomes, Places places) {
    return new DemoReport(
        200_000, 180_000, 4_000, outcomes, 0.973, Map.of("size", 1_562L, "deadline", 12L), places);
  }

  private static Outcomes outcomes(long lost, long doubled, long unknownOrigin) {
    return new Outcomes(
        199_940,
        Map.of("null-input", 20L, "EOFException", 40L),
        lost,
        doubled,
        unknownOrigin,
        0,
        98_765,
        120,
        1_340,
        0.917);
  }

  private static Places withoutWebUi() {
    return new Places(null, "b", "t", "p", "d", "fraud:1.4.2", "sha256:abc", "s", "w");
  }
}
