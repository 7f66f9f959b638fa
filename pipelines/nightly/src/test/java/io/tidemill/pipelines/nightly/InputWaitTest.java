package io.tidemill.pipelines.nightly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemill.pipelines.nightly.NightlyException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputWaitTest {
  @TempDir private Path directory;

  @Test
  void waitsForInputThatIsNotThereYet() throws Exception {
    Nights nights = new Nights(directory);
    Nights.Pauses pauses = new Nights.Pauses();
    InputWait wait = nights.wait(pauses);

    assertThat(wait.look()).isEmpty();
    assertThatThrownBy(() -> wait.await(Duration.ZERO))
        .isInstanceOfSatisfying(
            NightlyException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NO_INPUT))
        .hasMessageContaining(
            "in/dt=2026-11-21' is not there yet (expected: a file or folder, which may be empty;");
    assertThatThrownBy(() -> wait.await(Duration.ofMinutes(10)))
        .hasMessageContaining("is not there yet");
    assertThat(pauses.passed()).isEqualTo(Duration.ofMinutes(10));

    pauses.meanwhile(
        () -> {
          try {
            nights.input("one");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    assertThat(wait.await(Duration.ofMinutes(10))).hasSize(1);
  }

  @Test
  void whatAPatternAsksForIsNotThereYetAsLongAsNoFileIs() throws Exception {
    Nights nights = new Nights(directory).reading("in/*/dt={{ ds }}");
    InputWait wait = nights.wait(new Nights.Pauses());
    Files.createDirectories(directory.resolve("in/de/dt=2026-11-21"));

    assertThat(wait.look()).isEmpty();
    assertThatThrownBy(() -> wait.await(Duration.ZERO))
        .hasMessageContaining(
            "in/*/dt=2026-11-21' is not there yet (expected: one file that this asks for, or more;");

    Files.createFile(directory.resolve("in/de/dt=2026-11-21/a.json"));
    assertThat(wait.look().orElseThrow()).hasSize(1);
  }
}
