package io.tidemill.pipelines.cli;

import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.pipelines.compose.JobDeadLetter;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which dead letters a command is about. Not thread-safe. */
final class DeadLetterFilter {
  @Option(
      names = "--cause",
      paramLabel = "CAUSE",
      description = "Only those with this cause, as 'stats' prints it: null-input, undecodable, …")
  private @Nullable String cause;

  @Option(
      names = "--step",
      paramLabel = "ID",
      description = "Only those of this step; 'source' for bytes that did not decode.")
  private @Nullable String step;

  @Option(
      names = "--model",
      paramLabel = "NAME:VERSION",
      description = "Only those of this model version.")
  private @Nullable String model;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = {
        "Only those whose record has this timestamp or a later one:",
        "a time as in 2026-11-28T09:30:00Z, or how long ago, as in 2h."
      })
  private @Nullable Instant since;

  private final Set<String> causes = new TreeSet<>();
  private final Set<String> steps = new TreeSet<>();
  private final Set<String> models = new TreeSet<>();

  boolean accepts(JobDeadLetter letter) {
    causes.add(letter.cause());
    steps.add(letter.step());
    if (letter.model() != null) {
      models.add(letter.model());
    }
    Instant time = letter.time();
    return (cause == null || cause.equals(letter.cause()))
        && (step == null || step.equals(letter.step()))
        && (model == null || model.equals(letter.model()))
        && (since == null || (time != null && !time.isBefore(since)));
  }

  /**
   * Tells of each word that none of the letters has which were asked about, as it may be a slip.
   */
  void sayUnmatched(PrintWriter out) {
    sayUnmatched("--cause", cause, causes, out);
    sayUnmatched("--step", step, steps, out);
    sayUnmatched("--model", model, models, out);
  }

  private static void sayUnmatched(
      String option, @Nullable String word, Set<String> there, PrintWriter out) {
    if (word != null && !there.isEmpty() && !there.contains(word)) {
      out.printf(
          "%s: '%s': no dead letter has it (%sthere: %s)%n",
          option, word, new Suggestion(word, there).meant(), String.join(", ", there));
    }
  }
}
