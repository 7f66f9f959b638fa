package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SideBySideITCase {

  @Test
  void measuresTheRawLoopAndJobsAgainstIt() throws Exception {
    Report report = measure("--only", "raw-mlp-b512-c1,mlp512RatioToHandBuffered");

    JsonNode json = new ObjectMapper().readTree(ReportJson.print(report));
    assertThat(json.get("variants").fieldNames())
        .toIterable()
        .containsExactly("raw-mlp-b512-c1", "buffering-mlp-b512-p1", "operator-mlp-b512");
    assertThat(json.at("/variants/raw-mlp-b512-c1/recordsPerSecond").asDouble()).isPositive();
    assertThat(json.at("/variants/raw-mlp-b512-c1/ratio").asDouble()).isEqualTo(1.0);
    assertThat(json.at("/variants/buffering-mlp-b512-p1/ratio").asDouble()).isPositive();
    assertThat(json.at("/variants/operator-mlp-b512/bytesPerRecord").asDouble()).isPositive();
    assertThat(json.at("/figures/operatorPerCpuToRaw/512").asDouble()).isPositive();
    assertThat(json.get("figures").fieldNames())
        .toIterable()
        .containsExactly(
            "mlp512RatioToHandBuffered", "handBufferedRatioBySize", "operatorPerCpuToRaw");
    double ratio = json.at("/figures/mlp512RatioToHandBuffered").asDouble();
    JsonNode spread = json.at("/spread/mlp512RatioToHandBuffered");
    assertThat(ratio).isBetween(spread.get("lower").asDouble(), spread.get("upper").asDouble());
    assertThat(json.at("/figures/handBufferedRatioBySize/512").asDouble()).isEqualTo(ratio);
    assertThat(ReportTable.print(report))
        .contains("raw-mlp-b512-c1")
        .contains("1.0000")
        .contains("mlp512RatioToHandBuffered")
        .contains("handBufferedRatioBySize 512");
  }

  @Test
  void measuresCheckpointsWhileNothingHappensAndWhileACallIsInFlight() throws Exception {
    Report report = measure("--only", "checkpointRatioToIdle");

    JsonNode json = new ObjectMapper().readTree(ReportJson.print(report));
    assertThat(json.at("/variants/checkpoint-idle/checkpointMillis").asDouble()).isPositive();
    assertThat(json.at("/figures/checkpointRatioToIdle").asDouble())
        .isEqualTo(json.at("/variants/checkpoint-in-call/ratio").asDouble())
        .isPositive();
  }

  @Test
  void measuresTheProcessorThatAStepWithLittleToDoTakes() throws Exception {
    Report report = measure("--only", "operator-mlp-brisk");

    JsonNode json = new ObjectMapper().readTree(ReportJson.print(report));
    assertThat(json.at("/variants/operator-mlp-brisk/recordsPerSecond").asDouble())
        .isBetween(100.0, 2_000.0);
    assertThat(json.at("/figures/cpuPercentAtThousandPerSecond/operator").asDouble())
        .isBetween(0.01, 400.0);
  }

  @Test
  void measuresRecordsWithAFieldForEachFloatAndCopiedOnes() throws Exception {
    Report report = measure("--only", "noopScalarsNanosPerRecord,noopCopiedBytesPerRecord");

    JsonNode figures = new ObjectMapper().readTree(ReportJson.print(report)).get("figures");
    assertThat(figures.fieldNames())
        .toIterable()
        .containsExactly(
            "noopScalarsNanosPerRecord",
            "noopScalarsBytesPerRecord",
            "noopCopiedNanosPerRecord",
            "noopCopiedBytesPerRecord");
    // A copy has 32 floats.
    assertThat(figures.get("noopCopiedBytesPerRecord").asDouble()).isGreaterThan(128);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tensorflow", "onnx", "onnxPinned", "pytorch", "xgboost", "lightgbm"})
  void measuresAnEngineAgainstItsOwnCalls(String engine) throws Exception {
    String figure = engine + "RatioToRawAt32";

    Report report = measure("--only", figure);

    JsonNode figures = new ObjectMapper().readTree(ReportJson.print(report)).get("figures");
    assertThat(figures.get(figure).asDouble()).isPositive();
  }

  @Test
  void namesTheArgumentThatIsWrong() {
    assertThatThrownBy(() -> Arguments.parse("--seconds", "0"))
        .hasMessage("--seconds: '0' (expected: 1 to 99999)");
    assertThatThrownBy(() -> Arguments.parse("--rounds", "-1"))
        .hasMessage("--rounds: '-1' (expected: 1 to 99999)");
    assertThatThrownBy(() -> Arguments.parse("--only")).hasMessageStartingWith("--only: no value");
    assertThatThrownBy(() -> Arguments.parse("-o", "xml")).hasMessage("-o: 'xml' (expected: json)");
    assertThatThrownBy(() -> Arguments.parse("--fast"))
        .hasMessageStartingWith("argument: '--fast'");
    assertThatThrownBy(() -> measure("--only", "mlp512"))
        .isInstanceOf(UsageException.class)
        .hasMessageStartingWith("--only: 'mlp512' (expected: a figure, of [mlp512RatioToRaw, ")
        .hasMessageContaining("raw-mlp-b512-c1");
  }

  private static Report measure(String... arguments) throws Exception {
    return SideBySide.measure(
        Arguments.parse(arguments),
        new Settings(Duration.ofMillis(100), Duration.ofMillis(500)),
        new PrintStream(OutputStream.nullOutputStream()));
  }
}
