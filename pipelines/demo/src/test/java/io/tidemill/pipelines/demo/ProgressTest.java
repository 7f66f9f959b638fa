package io.tidemill.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.demo.Progress.Look;
import io.tidemill.pipelines.demo.Progress.Step;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long nowNanos;

  @Test
  void plainStepSaysBeginAndEnd() {
    try (Step step = progress(Look.PLAIN).begin("Training the model", 100)) {
      advance(Duration.ofMillis(1_500));
      step.at(50);
      step.done("AUC 0.91");
    }

    assertThat(said())
        .isEqualTo("Training the model ...\nok: Training the model: AUC 0.91 (1.5 s)\n");
  }

  @Test
  void plainStepSaysHowFarItIsEveryFiveSeconds() {
    try (Step step = progress(Look.PLAIN).begin("Writing", 2_000)) {
      advance(Duration.ofSeconds(5));
      step.at(1_000);
      advance(Duration.ofSeconds(4));
      step.at(1_500);
      step.done("2,000 records");
    }

    assertThat(said()).contains("  Writing:  50%  1,000 of 2,000\n").doesNotContain("1,500");
  }

  @Test
  void movingStepRedrawsItsLine() {
    try (Step step = progress(Look.MOVING).begin("Writing", 2_000)) {
      advance(Duration.ofMillis(100));
      step.at(1_000);
      step.done("2,000 records");
    }

    assertThat(said())
        .contains("\r\u001B[2K  Writing [............] ".replace("............", ".".repeat(24)))
        .contains("[" + "#".repeat(12) + ".".repeat(12) + "]  50%  1,000 of 2,000")
        .endsWith("\r\u001B[2K\u2713 Writing: 2,000 records (0.1 s)\n");
  }

  @Test
  void movingStepRedrawsAtMostTenTimesASecond() {
    try (Step step = progress(Look.MOVING).begin("Writing", 2_000)) {
      for (int units = 1; units <= 1_000; units++) {
        advance(Duration.ofMillis(1));
        step.at(units);
      }
      step.done("");
    }

    assertThat(said().split("\r", -1)).hasSize(1 + 1 + 10 + 1);
  }

  @Test
  void stepOfUnknownLengthCounts() {
    try (Step step = progress(Look.MOVING).begin("Reading back")) {
      advance(Duration.ofSeconds(1));
      step.at(12_345);
      step.done("all");
    }

    assertThat(said()).contains("Reading back ...").contains("Reading back 12,345");
  }

  @Test
  void stepThatIsNotDoneHasFailed() {
    progress(Look.PLAIN).begin("Starting the broker").close();

    assertThat(said()).endsWith("failed: Starting the broker (0.0 s)\n");
  }

  @Test
  void colourOnlyWhereWanted() {
    progress(Look.COLOURED).begin("Writing").done("all");

    assertThat(said()).contains("\u001B[32m\u2713\u001B[0m Writing");
  }

  @Test
  void lookFollowsTheTerminal() {
    assertThat(Progress.lookFor(true, "xterm", null)).isEqualTo(Look.COLOURED);
    assertThat(Progress.lookFor(true, "xterm", "")).isEqualTo(Look.COLOURED);
    assertThat(Progress.lookFor(true, "xterm", "1")).isEqualTo(Look.MOVING);
    assertThat(Progress.lookFor(true, "dumb", null)).isEqualTo(Look.PLAIN);
    assertThat(Progress.lookFor(true, null, null)).isEqualTo(Look.PLAIN);
    assertThat(Progress.lookFor(false, "xterm", null)).isEqualTo(Look.PLAIN);
  }

  private Progress progress(Look look) {
    return new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), look, () -> nowNanos);
  }

  private void advance(Duration time) {
    nowNanos += time.toNanos();
  }

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }
}
