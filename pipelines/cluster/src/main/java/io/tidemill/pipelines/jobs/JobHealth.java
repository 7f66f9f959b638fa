package io.tidemill.pipelines.jobs;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.StreamSupport;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.WebOptions;

/** Whether a job comes up, and stays so for a while. For use by one thread. */
final class JobHealth {
  private final FlinkCluster cluster;
  private final Duration step;
  private final Duration window;
  private boolean wasUp;

  /**
   * That of a cluster's jobs.
   *
   * @param step for it to come up
   * @param window for which it runs without any failure before it is taken for good
   */
  JobHealth(FlinkCluster cluster, Duration step, Duration window) {
    this.cluster = cluster;
    this.step = step;
    this.window = window;
  }

  /** Whether any job has come up. */
  boolean wasUp() {
    return wasUp;
  }

  /** Why a job is not taken for good, if it is not. Blocks until that is known. */
  Optional<String> sickness(JobState job) throws InterruptedException {
    try {
      return watched(job);
    } catch (ClusterException away) {
      if (!wasUp || !away.isUnanswered()) {
        throw away;
      }
      // At the end of the window: the next JobManager has the time of a start.
      return watched(job);
    }
  }

  private Optional<String> watched(JobState job) throws InterruptedException {
    Optional<String> up = FlinkCluster.await(step, () -> trouble(job, this::isUp));
    if (up.isEmpty()) {
      return Optional.of(
          "it does not run after %d s: %s".formatted(step.toSeconds(), cluster.state(job.id())));
    }
    if (!up.get().isEmpty()) {
      return up;
    }
    wasUp = true;
    // Flink's answers may be as old as that: the last ones are of the end of the window.
    Duration cached = cluster.configuration().get(WebOptions.REFRESH_INTERVAL);
    return FlinkCluster.await(window.plus(cached), () -> trouble(job, id -> false))
        .filter(why -> !why.isEmpty());
  }

  /** What has happened to a job; an empty word if all is well and done. */
  private Optional<String> trouble(JobState job, Question done) throws InterruptedException {
    Optional<String> failure = cluster.failure(job.id());
    if (failure.isPresent()) {
      return failure.map("it fails: "::concat);
    }
    JobStatus state = cluster.state(job.id());
    if (state == JobStatus.FINISHED || done.of(job.id())) {
      return Optional.of("");
    }
    if (state == JobStatus.CANCELED || state == JobStatus.CANCELLING) {
      throw ClusterException.failed(
          "job '%s', %s: someone else has cancelled it while it was watched"
              .formatted(job.name(), job.id()));
    }
    return state.isGloballyTerminalState() ? Optional.of("it has " + state) : Optional.empty();
  }

  private interface Question {
    boolean of(String id) throws InterruptedException;
  }

  private boolean isUp(String id) throws InterruptedException {
    var job = cluster.ask(rest -> rest.get("/jobs/" + id, "/vertices"));
    Predicate<String> running = List.of("RUNNING", "FINISHED")::contains;
    return job.path("state").asText().equals("RUNNING")
        && StreamSupport.stream(job.path("vertices").spliterator(), false)
            .allMatch(vertex -> running.test(vertex.path("status").asText()));
  }
}
