package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A job that runs with another number of subtasks, by Flink's adaptive scheduler, which does it
 * without a stop of its own. For use by one thread.
 */
public final class Rescale {
  // What has read all of its input is there no less.
  private static final List<String> RUNNING = List.of("RUNNING", "FINISHED");

  private final FlinkCluster cluster;
  private final JobState job;

  /** That of a job; changes nothing yet. */
  public Rescale(FlinkCluster cluster, JobState job) {
    this.cluster = cluster;
    this.job = job;
  }

  /** Whether the job's scheduler can. */
  public boolean isAdaptive() throws InterruptedException {
    return cluster
        .ask(rest -> rest.get("/jobs/" + job.id()))
        .path("schedulerType")
        .asText()
        .equalsIgnoreCase("Adaptive");
  }

  /**
   * Asks for so many subtasks of everything, and waits until they run.
   *
   * @throws ClusterException if they do not within the limit
   */
  public void to(int subtasks, Duration limit) throws InterruptedException {
    String path = "/jobs/" + job.id() + "/resource-requirements";
    JsonNode wanted = cluster.ask(rest -> rest.get(path));
    for (JsonNode vertex : vertices()) {
      if (wanted.path(vertex.path("id").asText()).path("parallelism")
          instanceof ObjectNode bounds) {
        bounds.put("lowerBound", 1).put("upperBound", most(vertex, subtasks));
      }
    }
    Optional<Integer> there =
        FlinkCluster.after(
            "job '%s' was told to run with %d subtasks; 'tidemill jobs show %s' tells with how many it does"
                .formatted(job.name(), subtasks, job.id()),
            () -> {
              var unused = cluster.ask(rest -> rest.send("PUT", path, wanted));
              return FlinkCluster.await(
                  limit, () -> runsWith(subtasks) ? Optional.of(subtasks) : Optional.empty());
            });
    if (there.isEmpty()) {
      throw ClusterException.failed(
          "job '%s' does not run with %d subtasks after %d s; it was told to, and does when it can (expected: as many free slots on %s)"
              .formatted(job.name(), subtasks, limit.toSeconds(), cluster));
    }
  }

  private JsonNode vertices() throws InterruptedException {
    return cluster.ask(rest -> rest.get("/jobs/" + job.id(), "/vertices")).path("vertices");
  }

  /** Some operators, such as one that commits for all, are only there once. */
  private static int most(JsonNode vertex, int subtasks) {
    return Math.min(subtasks, vertex.path("maxParallelism").asInt(subtasks));
  }

  private boolean runsWith(int subtasks) throws InterruptedException {
    for (JsonNode vertex : vertices()) {
      if (vertex.path("parallelism").asInt() != most(vertex, subtasks)
          || !RUNNING.contains(vertex.path("status").asText())) {
        return false;
      }
    }
    return true;
  }
}
