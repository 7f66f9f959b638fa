package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class KafkaComparisonITCase {

  @Test
  void measuresAScoringJobBesideTheSameWithoutTheStep() throws Exception {
    KafkaReport report =
        KafkaComparison.measure(
            KafkaArguments.parse("--records", "20000", "--turns", "1"),
            "",
            new PrintStream(OutputStream.nullOutputStream()));

    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.get("jobs").fieldNames())
        .toIterable()
        .containsExactly("pass-through", "pass-through-headers", "tidemill");
    assertThat(json.at("/jobs/tidemill/peakBytes").asLong()).isGreaterThan(50_000_000);
    assertThat(json.at("/jobs/tidemill/threadSeconds/task").asDouble()).isPositive();
    for (String job : List.of("pass-through", "tidemill")) {
      JsonNode code = json.at("/jobs/" + job + "/code");
      assertThat(
              StreamSupport.stream(code.spliterator(), false).mapToDouble(JsonNode::asDouble).sum())
          .as(job + " " + code)
          .isCloseTo(1, within(1e-9));
    }
    assertThat(json.get("figures").fieldNames())
        .toIterable()
        .contains(
            "kafkaWallRatioToPassThrough",
            "kafkaRateRatioToPassThrough",
            "kafkaMemoryRatioToPassThrough");
    assertThat(json.get("figures")).allMatch(figure -> figure.asDouble() > 0);
    double wall = json.at("/jobs/tidemill/wallSeconds").asDouble();
    assertThat(json.at("/figures/kafkaWallRatioToPassThrough").asDouble())
        .isEqualTo(wall / json.at("/jobs/pass-through/wallSeconds").asDouble());
    assertThat(report.table()).contains("kafkaRateRatioToPassThrough");
  }

  @Test
  void namesTheArgumentThatIsWrong() {
    assertThatThrownBy(() -> KafkaArguments.parse("--records", "0"))
        .hasMessage("--records: '0' (expected: 1 to 99999999)");
    assertThatThrownBy(() -> KafkaArguments.parse("--seconds", "3"))
        .hasMessage("argument: '--seconds'; " + KafkaArguments.USAGE);
  }
}
