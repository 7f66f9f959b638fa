package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.compose.JobDeadLetter;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which dead letters a command is about. */
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

  boolean accepts(JobDeadLetter letter) {
    Instant time = letter.time();
    return (cause == null || cause.equals(letter.cause()))
        && (step == null || step.equals(letter.step()))
        && (model == null || model.equals(letter.model()))
        && (since == null || (time != null && !time.isBefore(since)));
  }
}
