package io.tidemill.pipelines.run;

import static java.util.Objects.requireNonNull;

import io.tidemill.connectors.options.OptionKey;
import io.tidemill.connectors.problem.Problems;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.definition.InvalidPipelineException;
import io.tidemill.pipelines.definition.Location;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * How the next run of a job in a process of its own begins: anew, or with the state that an earlier
 * one has left; and where it keeps its own.
 *
 * <p>To go on is the default, since it is the only way on which nothing is lost or shown twice: the
 * offsets that a broker keeps and the transactions of a sink are two commits, and a process may die
 * between them. Immutable.
 */
public final class RunStart {
  private final @Nullable KeptStates states;
  private final int run;
  private final @Nullable KeptState from;
  private final @Nullable String given;
  private final boolean first;
  private final String description;

  private RunStart(
      @Nullable KeptStates states,
      int run,
      @Nullable KeptState from,
      @Nullable String given,
      boolean first,
      String description) {
    this.states = states;
    this.first = first;
    this.run = run;
    this.from = from;
    this.given = given;
    this.description = description;
  }

  /** One that keeps nothing and goes on from nothing. */
  static RunStart unkept(String description) {
    return new RunStart(null, 0, null, null, false, description);
  }

  /**
   * Looks for what earlier runs have left, and changes nothing. Blocks on the file system.
   *
   * @param fresh whether to begin anew all the same
   * @throws InvalidPipelineException if there is none and the job needs one, or it is not the job's
   */
  public static RunStart of(PlannedPipeline pipeline, JobFolder folder, boolean fresh) {
    Optional<String> given =
        pipeline.configuration().getOptional(StateRecoveryOptions.SAVEPOINT_PATH);
    if (fresh && given.isPresent()) {
      String key = StateRecoveryOptions.SAVEPOINT_PATH.key();
      throw refused(
          pipeline,
          "flink." + key,
          "%s: %s beside --fresh (expected: one of them)".formatted(key, given.get()));
    }
    return of(pipeline, folder, fresh, given);
  }

  /** That of the run after one of this pipeline, which is given nothing. */
  public static RunStart next(PlannedPipeline pipeline, JobFolder folder) {
    return of(pipeline, folder, false, Optional.empty());
  }

  private static RunStart of(
      PlannedPipeline pipeline, JobFolder folder, boolean fresh, Optional<String> given) {
    Configuration flink = pipeline.configuration();
    if (pipeline.definition().mode() == ExecutionMode.BATCH) {
      return unkept("anew, as a batch job always does");
    }
    if (flink.getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL).isEmpty()) {
      return unkept(
          given
              .map(path -> "with " + path)
              .orElse("anew, as every run does without execution.checkpointing.interval"));
    }
    KeptStates states = new KeptStates(root(pipeline, folder));
    try {
      int run = states.next();
      if (given.isPresent()) {
        return new RunStart(states, run, null, given.get(), false, "with " + given.get());
      }
      Optional<KeptState> newest = fresh ? Optional.empty() : states.newest();
      if (newest.isEmpty()) {
        if (!fresh) {
          checkOffsets(pipeline, states);
        }
        return new RunStart(
            states,
            run,
            null,
            null,
            !fresh && run == 1,
            fresh ? "anew, as asked for" : "anew: no earlier state in " + states.root());
      }
      KeptState from = newest.get();
      check(pipeline, from, flink.get(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE));
      return new RunStart(states, run, from, null, false, "with " + from.description());
    } catch (IOException | UncheckedIOException unreadable) {
      throw refused(
          pipeline,
          "flink." + CheckpointingOptions.CHECKPOINTS_DIRECTORY.key(),
          "the state of earlier runs in %s cannot be read: %s (expected: a folder that can be read and written; --fresh begins anew)"
              .formatted(states.root(), unreadable.getMessage()));
    }
  }

  /**
   * The place that the job names, with the job's name as others may use it too; else its folder.
   */
  private static Path root(PlannedPipeline pipeline, JobFolder folder) {
    return pipeline
        .configuration()
        .getOptional(CheckpointingOptions.CHECKPOINTS_DIRECTORY)
        .map(place -> new Path(named(pipeline, folder, place), pipeline.definition().name()))
        .orElseGet(() -> local(folder.path().resolve("runs")));
  }

  private static Path named(PlannedPipeline pipeline, JobFolder folder, String place) {
    try {
      Path path = new Path(place);
      return path.toUri().getScheme() == null ? local(folder.besideJob(place)) : path;
    } catch (IllegalArgumentException malformed) {
      String key = CheckpointingOptions.CHECKPOINTS_DIRECTORY.key();
      throw refused(
          pipeline,
          "flink." + key,
          "%s: '%s' (expected: a folder or its URI)".formatted(key, place));
    }
  }

  /** Flink's paths have no escapes, as those of URIs do. */
  private static Path local(java.nio.file.Path path) {
    return new Path("file", null, path.toUri().getPath());
  }

  private static void checkOffsets(PlannedPipeline pipeline, KeptStates states) {
    Optional<OptionKey> offsets = pipeline.startsAtCommittedOffsets();
    if (offsets.isPresent() && pipeline.publishesExactlyOnce()) {
      throw refused(
          pipeline,
          offsets.get().part() + "." + offsets.get().key(),
          "%s: group-offsets with exactly-once, and no earlier state in %s: what a run that died had read but not published, or published but not committed, would be lost or doubled (expected: --fresh, to begin there this once, as in a first run; or --from-savepoint; or earliest-offset, latest-offset or timestamp, which only a first run begins with; or at-least-once at the sinks)"
              .formatted(offsets.get(), states.root()));
    }
  }

  private static void check(PlannedPipeline pipeline, KeptState from, boolean letGo)
      throws IOException {
    StateFit fit = StateFit.of(pipeline, from.state());
    Problems<Location> problems = new Problems<>();
    if (!letGo && !fit.gone().isEmpty()) {
      problems.add(
          pipeline.locationOf("steps"),
          "the newest state of the job's runs, %s, belongs to %s too, which the job has no more (expected: the same ids and connectors; --allow-non-restored-state lets that state and the records in it go, --fresh begins anew, and another name makes another job)",
          from.path(),
          String.join(", ", fit.gone()));
    }
    if (!fit.unfit().isEmpty()) {
      problems.add(
          pipeline.locationOf("steps"),
          "the newest state of the job's runs, %s, does not fit: %s",
          from.path(),
          String.join("; ", fit.unfit()));
    }
    if (!problems.all().isEmpty()) {
      throw new InvalidPipelineException(problems.all());
    }
  }

  private static InvalidPipelineException refused(
      PlannedPipeline pipeline, String path, String message) {
    return InvalidPipelineException.at(pipeline.locationOf(path), message);
  }

  /** How it begins, as in "anew" or "with checkpoint 12 of run 3, …". */
  public String description() {
    return description;
  }

  /** Whether it goes on from what a run before has left. */
  boolean goesOn() {
    return from != null;
  }

  /** Whether it is the first run here, and perhaps not the first of all; --fresh knows better. */
  public boolean isFirst() {
    return first;
  }

  /** Whether it leaves state for the next. */
  public boolean keepsState() {
    return states != null;
  }

  /** Flink's options for it, but for what the job says itself. */
  void configure(Configuration flink) {
    if (states == null) {
      return;
    }
    String folder = states.folder(run).toString();
    flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder);
    if (!flink.contains(CheckpointingOptions.SAVEPOINT_DIRECTORY)) {
      flink.set(CheckpointingOptions.SAVEPOINT_DIRECTORY, folder);
    }
    // Whatever the job says to a cluster: the next run would have nothing to go on from.
    flink.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    if (from != null) {
      flink.set(StateRecoveryOptions.SAVEPOINT_PATH, from.path().toString());
      // Flink deletes it once a newer one is complete.
      flink.set(
          StateRecoveryOptions.RESTORE_MODE,
          from.forGood() ? RecoveryClaimMode.NO_CLAIM : RecoveryClaimMode.CLAIM);
    }
  }

  /** Makes the place for what the run keeps. */
  void begin() throws IOException {
    if (states == null) {
      return;
    }
    if (given != null) {
      states.beginWith(run, given);
    } else if (from == null) {
      states.beginAnew(run);
    } else {
      states.begin(run);
    }
  }

  /** Says that the run came to the end of its input. */
  void finish() throws IOException {
    if (states != null) {
      states.finish(run);
    }
  }

  /**
   * Where a run that is stopped leaves its state.
   *
   * @param forGood whether it stays when the next run has gone on from it
   * @throws IllegalStateException if the run keeps none
   */
  Path stopFolder(boolean forGood) {
    Path folder = requireNonNull(states, "states").folder(run);
    return forGood ? folder : new Path(folder, KeptStates.LAST);
  }
}
