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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code loops.py} in a process of its own, asked a line at a time. A process that ended, is
 * silent, or had an error of the GPU is replaced at the next question, and has no model open.
 *
 * <p>Thread-safe: one question at a time.
 */
final class PythonLoops implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long END_SECONDS = 10;

  /** After one, a process computes nothing on its GPU any more. */
  private static final String ERROR_OF_GPU = "CUDA error";

  private final ProcessBuilder builder;
  private final Duration patience;
  private @Nullable Running running;

  /** A process and its two ends. */
  private record Running(Process process, BufferedWriter questions, BufferedReader answers) {}

  /**
   * Loops that nobody has asked yet.
   *
   * @param python the interpreter
   * @param device {@code cpu} or {@code cuda}
   * @param errors where what it prints besides goes
   * @param patience the longest that an answer may take
   */
  PythonLoops(String python, Path script, String device, Path errors, Duration patience) {
    builder =
        new ProcessBuilder(List.of(python, script.toString(), device))
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    this.patience = patience;
  }

  /**
   * The answer to a question.
   *
   * @throws IllegalStateException with Python's words if it failed
   */
  synchronized JsonNode ask(Object... words) throws IOException {
    Running asked = started();
    JsonNode answer;
    try {
      answer = answer(asked, words);
    } catch (IOException | RuntimeException e) {
      end(asked);
      throw e;
    }
    JsonNode error = answer.get("error");
    if (error != null) {
      if (error.asText().contains(ERROR_OF_GPU)) {
        end(asked);
      }
      throw new IllegalStateException(error.asText());
    }
    return answer;
  }

  private Running started() throws IOException {
    if (running == null) {
      Process process = builder.start();
      running =
          new Running(
              process,
              process.outputWriter(StandardCharsets.UTF_8),
              process.inputReader(StandardCharsets.UTF_8));
    }
    return running;
  }

  private JsonNode answer(Running asked, Object... words) throws IOException {
    CompletableFuture<Boolean> answered =
        new CompletableFuture<Boolean>()
            .completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS);
    // Nothing else ends a wait for a line.
    CompletableFuture<Void> watch =
        answered.thenAccept(inTime -> endUnless(inTime, asked.process()));
    asked.questions().write(JSON.writeValueAsString(words));
    asked.questions().newLine();
    asked.questions().flush();
    String line = asked.answers().readLine();
    boolean inTime = answered.complete(true);
    watch.join();
    if (line == null) {
      throw new IllegalStateException(
          "python: %s (expected: an answer to %s)"
              .formatted(inTime ? "ended" : "silent for " + patience.toSeconds() + " s", words[0]));
    }
    return JSON.readTree(line);
  }

  private static void endUnless(boolean inTime, Process process) {
    if (!inTime) {
      process.destroyForcibly();
    }
  }

  private void end(Running ended) {
    ended.process().destroyForcibly();
    running = null;
  }

  /** The same, of which nobody wants the answer. */
  void tryAsk(Object... words) {
    try {
      ask(words);
    } catch (IOException | IllegalStateException e) {
      // What failed before has been told.
      return;
    }
  }

  /**
   * Takes turns as a variant.
   *
   * @param alone makes room on the device for one that has nothing there between its turns
   */
  void measure(GpuVariant variant, Turns turns, Runnable alone) throws Exception {
    alone.run();
    turn(variant, Duration.ZERO, turns.warmUp());
    for (Optional<Duration> length = turns.next(); length.isPresent(); length = turns.next()) {
      alone.run();
      turns.end(turn(variant, turns.settle(), length.get()));
    }
  }

  private Measurement turn(GpuVariant variant, Duration settle, Duration length)
      throws IOException {
    JsonNode turn = ask("turn", variant.way(), settle.toMillis(), length.toMillis());
    return Measurement.ofRecords(
        turn.get("records").asLong(), turn.get("nanos").asLong(), turn.get("cpuNanos").asLong(), 0);
  }

  @Override
  public synchronized void close() throws IOException, InterruptedException {
    if (running == null) {
      return;
    }
    Process process = running.process();
    running.questions().close();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
