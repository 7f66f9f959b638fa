package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkComparisonITCase {

  @Test
  void measuresJobsOverFilesBesideWhatLimitsThem() throws Exception {
    JsonNode json = measure("--only", "bulkOnnxRatioToLimit");

    assertThat(json.get("variants").fieldNames())
        .toIterable()
        .containsExactly(
            "limit-read", "limit-onnx", "tidemill-onnx", "slower-of-limit-read-and-limit-onnx");
    assertThat(json.get("figures").fieldNames())
        .toIterable()
        .containsExactly("bulkOnnxRatioToLimit");
    assertThat(json.get("figures")).allMatch(figure -> figure.asDouble() > 0);
    double limit =
        Math.min(
            json.at("/variants/limit-read/recordsPerSecond").asDouble(),
            json.at("/variants/limit-onnx/recordsPerSecond").asDouble());
    assertThat(json.at("/figures/bulkOnnxRatioToLimit").asDouble())
        .isEqualTo(json.at("/variants/tidemill-onnx/recordsPerSecond").asDouble() / limit);
  }

  /** Of the others only the input differs, or the peer, and each run checks what it writes. */
  @Test
  void measuresWideRowsBesideAPlainJob() throws Exception {
    JsonNode json = measure("--only", "bulkWideRatioToPassThrough");

    assertThat(json.get("variants").fieldNames())
        .toIterable()
        .containsExactly("pass-through-wide", "tidemill-wide");
    assertThat(json.get("figures")).allMatch(figure -> figure.asDouble() > 0);
  }

  @Test
  void measuresManyFilesBesideOneOfAsManyRows() throws Exception {
    JsonNode json = measure("--only", "bulkManyFilesRatioToOne");

    assertThat(json.get("variants").fieldNames())
        .toIterable()
        .containsExactly("tidemill-one-file", "tidemill-small-files");
    assertThat(json.at("/figures/bulkManyFilesRatioToOne").asDouble()).isPositive();
  }

  @Test
  void measuresAProcessFromItsStartToItsResult() throws Exception {
    JsonNode json = measure("--only", "bulkStartSeconds,bulkBytesAt400");

    assertThat(json.at("/figures/bulkStartSeconds").asDouble()).isPositive();
    assertThat(json.at("/figures/bulkBytesAt400").asDouble()).isGreaterThan(50_000_000);
  }

  @Test
  void refusesAResultWithARowTooFewOrAWrongScore(@TempDir Path folder) throws Exception {
    BulkInput input = BulkInput.in(folder, BulkTable.COLUMNS, 20, 2, 2);
    input.make();
    String files = input.folder();

    new BulkOutput(files, input, "f0", Map.of(3L, BulkTable.feature(3, 0))).check("job");
    assertThatThrownBy(() -> new BulkOutput(files, input, "f0", Map.of(3L, 2f)).check("job"))
        .hasMessageStartingWith(files + " f0, id 3: ")
        .hasMessageEndingWith("(expected: 2.0)");
    BulkInput more = new BulkInput(files, BulkTable.COLUMNS, 22, 2, 2);
    assertThatThrownBy(() -> new BulkOutput(files, more, "f0", Map.of()).check("job"))
        .hasMessage("job: rows: 20 (expected: 22)");
    BulkInput twice = new BulkInput(files, BulkTable.COLUMNS, 20, 2, 1);
    assertThatThrownBy(() -> new BulkOutput(files, twice, "f0", Map.of()).check("job"))
        .hasMessage("job: sum of id: 190 (expected: 90)");
  }

  @Test
  void namesTheArgumentThatIsWrong() {
    assertThatThrownBy(() -> BulkArguments.parse("--rows", "15"))
        .hasMessage("--rows: '15' (expected: a multiple of 10)");
    assertThatThrownBy(() -> BulkArguments.parse("--memory", "1000000,x"))
        .hasMessage("--memory: 'x' (expected: 1 to 1000000000)");
    assertThatThrownBy(() -> BulkArguments.parse("--memory", "1500000"))
        .hasMessage("--memory: '1500000' (expected: a multiple of 1000000)");
    assertThatThrownBy(() -> BulkArguments.parse("--seconds", "3"))
        .hasMessage("argument: '--seconds'; " + BulkArguments.USAGE);
  }

  private static JsonNode measure(String... only) throws Exception {
    String[] arguments = {
      "--rows", "2000", "--turns", "1", "--memory", "400", "--files", "20", only[0], only[1]
    };
    Report report =
        BulkComparison.measure(
            BulkArguments.parse(arguments),
            "",
            Duration.ZERO,
            Duration.ofMillis(50),
            new PrintStream(OutputStream.nullOutputStream()));
    return new ObjectMapper().readTree(ReportJson.print(report));
  }
}
