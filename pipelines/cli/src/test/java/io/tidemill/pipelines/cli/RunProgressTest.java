package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.run.RunFigures;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunProgressTest {
  private static final RunFigures FIGURES = figures(3_000, 0);

  private final StringWriter printed = new StringWriter();
  private long nowNanos = 7;

  private static RunFigures figures(long lag, long restarts) {
    return figures(lag, lag > 0 ? 0.8 : -1, restarts);
  }

  private static RunFigures figures(long lag, double done, long restarts) {
    return new RunFigures(
        12_000,
        11_990,
        Map.of("unfit", 9L, "undecodable", 1L),
        lag,
        done,
        restarts,
        4.2,
        List.of(new RunFigures.Step("score", "fraud:1.4.2", 50, 0.93, 0, 0, 0, 0, 1_250)));
  }

  private RunProgress progress(boolean terminal, boolean bounded) {
    return new RunProgress(new PrintWriter(printed), "", terminal, bounded, () -> nowNanos);
  }

  private String line(boolean bounded) {
    return progress(true, bounded).line(FIGURES, 2);
  }

  private void tellAfter(RunProgress progress, double seconds, RunFigures figures) {
    nowNanos += (long) (seconds * 1e9);
    progress.tell(() -> figures, () -> "the broker is gone");
  }

  @Test
  void tellsHowMuchIsDoneAndTheTimeToGoOfInputThatEnds() {
    assertThat(line(true))
        .isEqualTo(
            "[################----] 80 %  12,000 records  6,000/s  ETA 1 s  score: fill 0.93, model p99 1.3 ms  dead letters 10  checkpoint 4 s ago");
    assertThat(progress(false, true).line(FIGURES, 2)).startsWith("12,000 records  6,000/s  ETA");
  }

  @Test
  void tellsHowMuchOfItsFilesIsDoneAndTheTimeToGo() {
    RunProgress progress = progress(true, true);
    assertThat(progress.line(figures(0, 0, 0), 2))
        .startsWith("[--------------------]  0 %  12,000 records  6,000/s  score: ");

    nowNanos += 30_000_000_000L;

    assertThat(progress.line(figures(0, 0.25, 0), 2))
        .startsWith("[#####---------------] 25 %  12,000 records  6,000/s  ETA 90 s  score: ");
    assertThat(progress.line(figures(0, -1, 0), 2))
        .as("nobody knows")
        .startsWith("12,000 records  6,000/s  score: ");
  }

  @Test
  void renewsItsLineEachSecondOnATerminalWhichCutsItAtItsEdge() {
    RunProgress progress = progress(true, false);

    tellAfter(progress, 0.9, FIGURES);
    assertThat(printed.toString()).isEmpty();
    tellAfter(progress, 0.2, FIGURES);
    tellAfter(progress, 1.1, FIGURES);
    progress.clear();

    assertThat(printed.toString())
        .matches("(\u001B\\[\\?7l12,000 records[^\r\n\u001B]*\u001B\\[\\?7h\r\u001B\\[2K){2}");
  }

  @Test
  void printsALineEveryHalfMinuteElsewhere() {
    RunProgress progress = progress(false, false);

    tellAfter(progress, 29, FIGURES);
    assertThat(printed.toString()).isEmpty();
    tellAfter(progress, 1, FIGURES);
    tellAfter(progress, 29, FIGURES);

    assertThat(printed.toString().lines())
        .singleElement()
        .asString()
        .startsWith("12,000 records")
        .doesNotContain("\u001B");
  }

  @Test
  void aRestartIsToldOnceWithItsCauseWhenItHappens() {
    RunProgress progress = progress(false, false);

    tellAfter(progress, 2, figures(0, 1));
    tellAfter(progress, 2, figures(0, 1));

    assertThat(printed.toString().lines()).containsExactly("restart 1: the broker is gone");
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
