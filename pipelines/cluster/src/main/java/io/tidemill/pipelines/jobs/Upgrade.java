package io.tidemill.pipelines.jobs;

import static java.util.Objects.requireNonNull;
import static org.apache.flink.configuration.RestOptions.CACHE_CHECKPOINT_STATISTICS_TIMEOUT;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.connectors.options.ConnectorOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A job in the place of one that runs: that one is stopped with a savepoint, this one goes on from
 * it and, where it does not come up, the former goes on instead. What can be known of the state
 * before the stop is looked at before it. For use by one thread.
 */
public final class Upgrade {
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final long MARGIN_MILLIS = 250;

  private final FlinkCluster cluster;
  private final Submission next;
  private final @Nullable Submission former;
  private final Limits limits;
  private final Consumer<String> say;
  private final JobHealth health;

  /**
   * An upgrade; changes nothing yet.
   *
   * @param former what runs now; null if there is no way back to it
   * @param say takes a line for each thing that was done
   */
  public Upgrade(
      FlinkCluster cluster,
      Submission next,
      @Nullable Submission former,
      Limits limits,
      Consumer<String> say) {
    this.cluster = requireNonNull(cluster, "cluster");
    this.next = requireNonNull(next, "next");
    this.former = former;
    this.limits = requireNonNull(limits, "limits");
    requireNonNull(say, "say");
    this.say = line -> say.accept(ConnectorOptions.withoutSecrets(line));
    this.health = new JobHealth(cluster, limits.step(), limits.health());
  }

  /**
   * How long things may take.
   *
   * @param step for the savepoint, and for the start, each
   * @param health for which the job runs without any failure before it is taken for good
   * @param folder for the savepoint; null for the job's or the cluster's own
   */
  public record Limits(Duration step, Duration health, @Nullable String folder) {}

  /**
   * What came of it, without secrets.
   *
   * @param upgraded false if the former job is back
   * @param id of the one that runs now
   * @param savepoint from which it could be started once more
   * @param why it went back; null if it did not
   */
  public record Outcome(
      boolean upgraded, String id, String name, String savepoint, @Nullable String why) {
    public Outcome {
      savepoint = ConnectorOptions.withoutSecrets(savepoint);
      why = why == null ? null : ConnectorOptions.withoutSecrets(why);
    }
  }

  /**
   * Does it.
   *
   * @param running the job that runs now
   * @throws ClusterException if nothing was changed, the former job is not back either, or what
   *     runs is not known: the message says which, and with what to go on
   */
  public Outcome of(JobState running) throws InterruptedException {
    next.checkReplaces(cluster, running);
    String folder = limits.folder();
    if (folder == null) {
      folder = next.savepointFolder(cluster).orElse(null);
    }
    lookAhead(running);
    String savepoint = cluster.stop(running, folder, false, limits.step());
    say.accept(
        "%s has stopped; all that it has read is in %s".formatted(running.name(), savepoint));
    String state = savepoint;
    String why;
    JobState started = null;
    try {
      Optional<String> unfit = misfit(next, savepoint);
      if (unfit.isPresent()) {
        why = unfit.get();
      } else {
        started = begin(next, savepoint);
        say.accept(
            "%s has started as %s; it is watched for %d s"
                .formatted(started.name(), started.id(), limits.health().toSeconds()));
        Optional<String> sick = health.sickness(started);
        if (sick.isEmpty()) {
          return new Outcome(true, started.id(), started.name(), savepoint, null);
        }
        why = sick.get();
        state = end(started, savepoint, why);
      }
    } catch (RuntimeException stopped) {
      if (started != null || (stopped instanceof ClusterException sent && sent.isInDoubt())) {
        throw openEnd(next, started, savepoint, String.valueOf(stopped.getMessage()), stopped);
      }
      why = String.valueOf(stopped.getMessage());
    }
    return back(state, why);
  }

  /** Starts one. A JobManager that went away has a step's time to come back. */
  private JobState begin(Submission job, String state) throws InterruptedException {
    var unused = FlinkCluster.await(limits.step(), () -> Optional.of(cluster.running(job.name())));
    return job.begin(cluster, state, true);
  }

  /**
   * Nothing more is started: what runs may be what was sent, and what it has published is in its
   * newest checkpoint.
   */
  private static ClusterException openEnd(
      Submission sent,
      @Nullable JobState started,
      String state,
      String why,
      @Nullable Throwable cause) {
    return ClusterException.failed(
        "%s (expected: 'tidemill jobs show %s', which tells whether it runs, and its newest checkpoint; once nothing runs, 'tidemill submit JOB.yaml --from-savepoint PATH' goes on from that, or from %s if it has made none)"
            .formatted(why, started == null ? sent.name() : started.id(), state),
        cause);
  }

  /** Looks at the newest checkpoint, which has the same operators as the savepoint will have. */
  private void lookAhead(JobState running) throws InterruptedException {
    List<String> unseen = new ArrayList<>();
    Optional<String> looked =
        FlinkCluster.await(
            LOOK,
            () -> {
              Optional<String> newest = cluster.newestCheckpoint(running.id());
              try {
                return Optional.of(newest.isEmpty() ? "" : next.misfit(newest.get()).orElse(""));
              } catch (IOException deleted) {
                // By a newer one, which the JobManager tells of some seconds later.
                unseen.add(Submission.unseen(newest.orElse(""), deleted));
                return Optional.empty();
              }
            });
    if (looked.isEmpty()) {
      say.accept(unseen.get(unseen.size() - 1));
    } else if (!looked.get().isEmpty()) {
      throw ClusterException.refused(
          "job '%s' cannot go on from the state of %s, and nothing was changed: %s"
              .formatted(next.name(), running.id(), looked.get()));
    }
  }

  /** The same of a state that is there to stay; nothing is said where it is out of sight. */
  private static Optional<String> misfit(Submission job, String state) {
    try {
      return job.misfit(state);
    } catch (IOException unseen) {
      return Optional.empty();
    }
  }

  /**
   * Ends a job that is not to be, and answers from what the former one goes on. What an
   * exactly-once sink has published is what the newest checkpoint has read: from before it, all of
   * that would be published once more.
   */
  private String end(JobState started, String savepoint, String why) throws InterruptedException {
    boolean ended =
        FlinkCluster.await(limits.step(), () -> Optional.of(cluster.state(started.id())))
            .orElseThrow()
            .isGloballyTerminalState();
    if (!ended) {
      cluster.cancel(started, limits.step());
    }
    // Flink answers from a cache, which may be from before the last checkpoint.
    Duration cached = cluster.configuration().get(CACHE_CHECKPOINT_STATISTICS_TIMEOUT);
    TimeUnit.MILLISECONDS.sleep(cached.toMillis() + MARGIN_MILLIS);
    JsonNode checkpoints = cluster.checkpoints(started.id());
    Optional<String> newest = FlinkCluster.newestOf(checkpoints);
    if (checkpoints.at("/counts/completed").asInt() == 0) {
      JsonNode restored = checkpoints.at("/latest/restored");
      if (!restored.isObject() && health.wasUp() && next.job().publishesExactlyOnce()) {
        throw ClusterException.failed(
            "job '%s' does not come up: %s; it may have published since the savepoint, and its checkpoints are not told any more"
                .formatted(next.name(), why));
      }
      if (restored.path("is_savepoint").asBoolean(true)) {
        return savepoint;
      }
      // Of its own, by another JobManager, which counts anew.
      newest = FlinkCluster.path(restored);
    }
    Optional<String> unfit =
        newest.isEmpty()
            ? Optional.of("it is in the JobManager's memory, and is gone with the job")
            : former == null ? Optional.empty() : unfitForFormer(former, newest.get());
    if (unfit.isEmpty()) {
      return newest.get();
    }
    String checkpoint = newest.orElse("its newest checkpoint");
    if (next.job().publishesExactlyOnce()) {
      throw ClusterException.failed(
          "job '%s' does not come up: %s; it has published since the savepoint, and the former job cannot go on from %s: %s"
              .formatted(next.name(), why, checkpoint, unfit.get()));
    }
    say.accept(
        "the former job cannot go on from %s, and goes on from the savepoint before it: what was published since then is published again: %s"
            .formatted(checkpoint, unfit.get()));
    return savepoint;
  }

  private Optional<String> unfitForFormer(Submission old, String checkpoint) {
    return next.letGo()
        ? Optional.of("it lacks the state that was let go, with the records in it")
        : misfit(old, checkpoint);
  }

  private Outcome back(String state, String why) throws InterruptedException {
    Submission old = former;
    if (old == null) {
      throw ClusterException.failed(
          "job '%s' does not come up, and there is no way back: %s (expected: 'tidemill submit JOB.yaml --from-savepoint %s' with a job that goes on from it)"
              .formatted(next.name(), why, state));
    }
    say.accept("%s does not come up: %s; the former job goes on".formatted(next.name(), why));
    JobState started = null;
    String neither;
    Throwable cause = null;
    try {
      started = begin(old, state);
      Optional<String> sick = health.sickness(started);
      if (sick.isEmpty()) {
        return new Outcome(false, started.id(), started.name(), state, why);
      }
      neither = sick.get();
    } catch (RuntimeException stopped) {
      neither = String.valueOf(stopped.getMessage());
      cause = stopped;
    }
    throw openEnd(
        old,
        started,
        state,
        "job '%s' does not come up: %s; and the former job, started once more%s, does not, either: %s"
            .formatted(next.name(), why, started == null ? "" : " as " + started.id(), neither),
        cause);
  }
}
