package io.tidemill.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * {@code loops.py} in a process of its own, asked a line at a time.
 *
 * <p>Thread-safe: one question at a time.
 */
final class PythonLoops implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long END_SECONDS = 10;

  private final Process process;
  private final BufferedWriter questions;
  private final BufferedReader answers;

  private PythonLoops(Process process) {
    this.process = process;
    questions = process.outputWriter(StandardCharsets.UTF_8);
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts it.
   *
   * @param python the interpreter
   * @param errors where what it prints besides goes
   */
  static PythonLoops start(String python, Path script, String device, Path errors)
      throws IOException {
    return new PythonLoops(
        new ProcessBuilder(List.of(python, script.toString(), device))
            .redirectError(errors.toFile())
            .start());
  }

  /**
   * The answer to a question.
   *
   * @throws IllegalStateException with Python's words if it failed
   */
  synchronized JsonNode ask(Object... words) throws IOException {
    questions.write(JSON.writeValueAsString(words));
    questions.newLine();
    questions.flush();
    String line = answers.readLine();
    if (line == null) {
      throw new IllegalStateException("python: ended (expected: an answer)");
    }
    JsonNode answer = JSON.readTree(line);
    if (answer.has("error")) {
      throw new IllegalStateException(answer.get("error").asText());
    }
    return answer;
  }

  /** Takes turns as a variant. */
  void measure(GpuVariant variant, Turns turns) throws Exception {
    turn(variant, turns.warmUp());
    for (Optional<Duration> length = turns.next(); length.isPresent(); length = turns.next()) {
      turn(variant, turns.settle());
      turns.end(turn(variant, length.get()));
    }
  }

  private Measurement turn(GpuVariant variant, Duration length) throws IOException {
    JsonNode turn = ask("turn", variant.way(), length.toMillis());
    return Measurement.ofRecords(
        turn.get("records").asLong(), turn.get("nanos").asLong(), turn.get("cpuNanos").asLong(), 0);
  }

  @Override
  public void close() throws IOException, InterruptedException {
    questions.close();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
