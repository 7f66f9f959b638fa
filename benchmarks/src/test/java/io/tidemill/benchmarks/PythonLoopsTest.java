package io.tidemill.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a shell in Python's place. */
class PythonLoopsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir private Path directory;

  @Test
  void answersLineByLineInOneProcess() throws Exception {
    try (PythonLoops loops = loops("echo '{\"process\": '$$'}'", LONG)) {
      assertThat(loops.ask("facts").get("process")).isEqualTo(loops.ask("facts").get("process"));
    }
  }

  @Test
  void anErrorIsOfTheQuestionAlone() throws Exception {
    try (PythonLoops loops = loops("echo '{\"error\": \"ValueError: '$$'\"}'", LONG)) {
      assertThat(failure(loops)).startsWith("ValueError: ").isEqualTo(failure(loops));
    }
  }

  @Test
  void aProcessWithAnErrorOfTheGpuIsReplaced() throws Exception {
    try (PythonLoops loops =
        loops("echo '{\"error\": \"RuntimeError: CUDA error: '$$'\"}'", LONG)) {
      assertThat(failure(loops)).contains("CUDA error").isNotEqualTo(failure(loops));
    }
  }

  @Test
  void aProcessThatEndsIsReplaced() throws Exception {
    try (PythonLoops loops = loops("[ \"$line\" = '[\"end\"]' ] && exit; echo '{}'", LONG)) {
      assertThatThrownBy(() -> loops.ask("end"))
          .hasMessage("python: ended (expected: an answer to end)");
      assertThat(loops.ask("facts")).isEmpty();
    }
  }

  @Test
  void aSilentProcessIsEndedAndReplaced() throws Exception {
    Duration patience = Duration.ofSeconds(1);
    try (PythonLoops loops =
        loops("[ \"$line\" = '[\"hang\"]' ] && exec cat; echo '{}'", patience)) {
      assertThatThrownBy(() -> loops.ask("hang"))
          .hasMessage("python: silent for 1 s (expected: an answer to hang)");
      assertThat(loops.ask("facts")).isEmpty();
    }
  }

  private static String failure(PythonLoops loops) {
    try {
      return loops.ask("facts").toString();
    } catch (Exception e) {
      return String.valueOf(e.getMessage());
    }
  }

  private PythonLoops loops(String answer, Duration patience) throws Exception {
    Path script = directory.resolve("loops.sh");
    Files.writeString(script, "while read -r line; do " + answer + "; done");
    return new PythonLoops("bash", script, "cpu", directory.resolve("errors"), patience);
  }
}
