package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.run.RunFigures;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunProgressTest {
  private static final RunFigures FIGURES =
      new RunFigures(
          12_000,
          11_990,
          Map.of("unfit", 9L, "undecodable", 1L),
          3_000,
          0,
          List.of(new RunFigures.Step("score", "fraud:1.4.2", 50, 0.93, 0, 0, 0, 0, 1_250)));

  private static String line(boolean bounded) {
    return new RunProgress(new PrintWriter(new StringWriter()), "", true, bounded, () -> 0)
        .line(FIGURES, 2);
  }

  @Test
  void tellsTheTimeToGoOfInputThatEnds() {
    assertThat(line(true))
        .isEqualTo(
            "12,000 records  6,000/s  ETA 1 s  score: fill 0.93, model p99 1.3 ms  dead letters 10");
  }

  @Test
  void tellsTheLagOfInputThatDoesNotEnd() {
    assertThat(line(false)).startsWith("12,000 records  6,000/s  lag 3,000  score: ");
  }

  @Test
  void aRestartIsToldByTheInnermostCauseThatSaysSomething() {
    String trace =
        """
        java.lang.RuntimeException: outer
        \tat a.B.c(B.java:1)
        Caused by: a.TooLate: fraud:1.4.2: not ready within 8 s
        \tat a.B.c(B.java:2)
        Caused by: java.util.concurrent.TimeoutException
        \t... 4 more
        """;

    assertThat(RunProgress.innermost(trace))
        .isEqualTo("a.TooLate: fraud:1.4.2: not ready within 8 s");
    assertThat(RunProgress.innermost("java.util.concurrent.TimeoutException\n\tat a.B.c(B.java)"))
        .isEqualTo("java.util.concurrent.TimeoutException");
    assertThat(RunProgress.innermost("")).isEqualTo("cause not known");
  }
}
