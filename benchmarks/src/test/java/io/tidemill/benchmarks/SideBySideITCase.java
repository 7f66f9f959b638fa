package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class SideBySideITCase {

  @Test
  void measuresTheRawLoopAndAJobAgainstIt() throws Exception {
    Arguments asked =
        Arguments.parse(
            "--seconds", "1", "--only", "raw-mlp-b512-c1,buffering-mlp-b512-p1", "-o", "json");

    Report report = SideBySide.measure(asked, new PrintStream(OutputStream.nullOutputStream()));

    JsonNode figures = new ObjectMapper().readTree(report.json()).get("figures");
    assertThat(figures.fieldNames())
        .toIterable()
        .containsExactly("raw-mlp-b512-c1", "buffering-mlp-b512-p1");
    assertThat(figures.at("/raw-mlp-b512-c1/recordsPerSecond").asLong()).isPositive();
    assertThat(figures.at("/raw-mlp-b512-c1/ratio").asDouble()).isEqualTo(1.0);
    assertThat(figures.at("/buffering-mlp-b512-p1/ratio").asDouble()).isPositive();
    assertThat(report.table()).contains("raw-mlp-b512-c1").contains("1.0000");
  }

  @Test
  void namesTheArgumentThatIsWrong() {
    assertThatThrownBy(() -> Arguments.parse("--seconds", "0"))
        .hasMessage("--seconds: '0' (expected: 1 to 99999)");
    assertThatThrownBy(() -> Arguments.parse("--only")).hasMessageStartingWith("--only: no value");
    assertThatThrownBy(() -> Arguments.parse("-o", "xml")).hasMessage("-o: 'xml' (expected: json)");
    assertThatThrownBy(() -> Arguments.parse("--fast"))
        .hasMessageStartingWith("argument: '--fast'");
  }
}
