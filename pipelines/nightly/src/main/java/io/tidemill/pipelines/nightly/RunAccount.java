package io.tidemill.pipelines.nightly;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The account of one run for a date, and while it is active the right to publish there: nobody else
 * writes a file of its name, a higher number ends its right, and its beat shows that it lives.
 * Immutable.
 *
 * @param run its number among those that publish to the same place, from 1
 * @param id what no other run has
 * @param why it ran
 * @param message why it published nothing; null where it did
 * @param beat how often it has said that it lives
 * @param finished null while it runs, and of one that died, also where the next has published it
 * @param target where its predictions go
 * @param deadLetterTarget where its dead letters go; null where there are none
 * @param digest over input files, models and configuration
 * @param counts null until its job has ended
 * @param checks null until its job has ended
 * @param publishes the run that was held, by its id, whose results this one publishes; null if its
 *     own
 * @param versions of what it ran with, and what the GPUs are that it ran on
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunAccount(
    int run,
    String id,
    String job,
    String date,
    RunState state,
    String why,
    @Nullable String message,
    Owner owner,
    long beat,
    String started,
    @Nullable String finished,
    double seconds,
    String target,
    @Nullable String deadLetterTarget,
    int inputFiles,
    long inputBytes,
    List<ModelUse> models,
    String digest,
    @Nullable Counts counts,
    @Nullable RunChecks checks,
    @Nullable String publishes,
    Map<String, String> versions) {
  private static final double NANOS = 1e9;

  public RunAccount {
    requireNonNull(id, "id");
    requireNonNull(job, "job");
    requireNonNull(date, "date");
    requireNonNull(state, "state");
    requireNonNull(why, "why");
    requireNonNull(owner, "owner");
    requireNonNull(started, "started");
    requireNonNull(target, "target");
    requireNonNull(digest, "digest");
    models = List.copyOf(models);
    versions = new TreeMap<>(versions);
  }

  /** The name of its file, by which accounts are in order. */
  String name() {
    // Also where a language has other digits.
    return String.format(Locale.ROOT, "%08d-%s.json", run, id);
  }

  RunAccount numbered(int number) {
    return with(number, state, why, message, beat, finished, seconds, counts, checks);
  }

  RunAccount because(String reason) {
    return with(run, state, reason, message, beat, finished, seconds, counts, checks);
  }

  RunAccount beaten() {
    return with(run, state, why, message, beat + 1, finished, seconds, counts, checks);
  }

  RunAccount counted(Counts figures) {
    return with(run, state, why, message, beat, finished, seconds, figures, checks);
  }

  RunAccount checked(RunChecks seen) {
    return with(run, state, why, message, beat, finished, seconds, counts, seen);
  }

  RunAccount in(RunState next) {
    return with(run, next, why, message, beat, finished, seconds, counts, checks);
  }

  /** The same of a process that is no more; when it ended nobody knows. */
  RunAccount died() {
    String said = "its process ended before it did";
    return with(run, RunState.DIED, why, said, beat, null, 0, counts, checks);
  }

  /** The same at its end, or as near to it as it says of itself. */
  RunAccount ended(RunState last, @Nullable String said, Instant now) {
    double took = Duration.between(Instant.parse(started), now).toNanos() / NANOS;
    return with(run, last, why, said, beat, now.toString(), took, counts, checks);
  }

  /** The same, held until now, of which a later run or a person made an end. */
  RunAccount released(RunState last, String said) {
    return with(run, last, why, said, beat, finished, seconds, counts, checks);
  }

  /** A run that makes an end of this one, which is held, with its folders where they are now. */
  RunAccount followedBy(DatedJob now, String newWhy, Surroundings around) {
    return new RunAccount(
        0,
        now.id(),
        job,
        date,
        RunState.RUNNING,
        newWhy,
        null,
        around.owner(),
        0,
        around.clock().instant().toString(),
        null,
        0,
        now.target(),
        now.deadLettersOf(this),
        inputFiles,
        inputBytes,
        models,
        digest,
        null,
        null,
        id,
        versions);
  }

  /** The run that has staged what this one publishes, by its id. */
  String stagedBy() {
    return publishes == null ? id : publishes;
  }

  private RunAccount with(
      int number,
      RunState newState,
      String newWhy,
      @Nullable String newMessage,
      long newBeat,
      @Nullable String newFinished,
      double newSeconds,
      @Nullable Counts newCounts,
      @Nullable RunChecks newChecks) {
    return new RunAccount(
        number,
        id,
        job,
        date,
        newState,
        newWhy,
        newMessage,
        owner,
        newBeat,
        started,
        newFinished,
        newSeconds,
        target,
        deadLetterTarget,
        inputFiles,
        inputBytes,
        models,
        digest,
        newCounts,
        newChecks,
        publishes,
        versions);
  }

  /** Names it in messages. */
  String described() {
    return "run %d of job '%s' by %s since %s".formatted(run, job, owner, started);
  }
}
