package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.compose.JobDeadLetters;
import io.tidemill.pipelines.compose.JobDeadLetters.Reader;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.IOException;
import java.util.Collection;
import picocli.CommandLine.Mixin;

/** Whose dead letters they are, and how they are read for a command. */
final class DeadLetterOptions {
  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private DateOption date;

  DeadLetterOptions(Caller caller) {
    this.caller = caller;
  }

  /**
   * The dead letters of the job.
   *
   * @throws CommandFailedException if they are out of reach
   */
  JobDeadLetters open() {
    ParsedPipeline parsed = date.read(day -> job.read(caller.environment(), day));
    if (parsed.forDates() && !date.given()) {
      throw JobOptions.undated(parsed);
    }
    JobDeadLetters letters = job.deadLetters(caller.environment(), parsed);
    CommandFailedException.throwIfAny(letters.obstacles(RunCommand.BROKER_LIMIT));
    return letters;
  }

  /** What to say of an address at which there is no dead letter. */
  CommandFailedException notThere(String address, JobDeadLetters letters) {
    return new CommandFailedException(
        ExitCode.USAGE,
        "address: '%s' is no dead letter of job '%s' in %s (expected: one that 'tidemill dead-letters ls %s' prints)"
            .formatted(address, letters.job(), letters.place(), job.file()));
  }

  /**
   * Reads as {@link JobDeadLetters#forEach} does.
   *
   * @throws CommandFailedException if they cannot be read
   */
  static long read(JobDeadLetters letters, Collection<String> addresses, Reader reader) {
    try {
      return letters.forEach(addresses, reader);
    } catch (IOException unreadable) {
      throw new CommandFailedException(
          ExitCode.FAILED, String.valueOf(unreadable.getMessage()), unreadable);
    } catch (IllegalArgumentException noAddress) {
      throw new CommandFailedException(noAddress);
    }
  }
}
