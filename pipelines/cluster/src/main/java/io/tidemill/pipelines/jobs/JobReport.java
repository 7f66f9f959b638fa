package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.connectors.options.ConnectorOptions;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.rest.StackTrace;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cluster tells of a job, without secrets. Times are those of the JobManager, as in
 * 2026-11-28T09:30:00Z. Immutable.
 *
 * @param since when it was submitted
 * @param restarts how often it has failed and gone on
 * @param recordsIn records since its tasks started, which Flink counts anew after a restart
 * @param models the versions that its steps are pinned to; none where {@code submit} has not
 *     started it
 * @param failures the newest first
 */
public record JobReport(
    String id,
    String name,
    String state,
    String since,
    long restarts,
    long recordsIn,
    long recordsOut,
    long deadLetters,
    @Nullable Checkpoint checkpoint,
    @Nullable String startedFrom,
    Map<String, String> models,
    List<Vertex> vertices,
    List<Failure> failures,
    List<Checkpoint> savepoints) {
  private static final int FAILURES = 5;

  public JobReport {
    models = Collections.unmodifiableMap(new LinkedHashMap<>(models));
    vertices = List.copyOf(vertices);
    failures = List.copyOf(failures);
    savepoints = List.copyOf(savepoints);
  }

  /**
   * A complete checkpoint or savepoint.
   *
   * @param path null where it is in the JobManager's memory
   */
  public record Checkpoint(long number, String time, @Nullable String path) {
    static Checkpoint of(JsonNode told) {
      return new Checkpoint(
          told.path("id").asLong(),
          Instant.ofEpochMilli(told.path("latest_ack_timestamp").asLong()).toString(),
          FlinkCluster.path(told).map(ConnectorOptions::withoutSecrets).orElse(null));
    }
  }

  /** Operators that share their tasks. */
  public record Vertex(String name, String state, int parallelism) {}

  /** Why it failed, in a line, and where. */
  public record Failure(String time, @Nullable String task, String cause) {}

  /** That of a job. Asks the cluster some ten things. */
  public static JobReport of(FlinkCluster cluster, JobState job) throws InterruptedException {
    String path = "/jobs/" + job.id();
    JsonNode details = cluster.ask(rest -> rest.get(path, "/vertices"));
    JsonNode checkpoints = cluster.checkpoints(job.id());
    List<Vertex> vertices = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (JsonNode vertex : details.path("vertices")) {
      ids.add(vertex.path("id").asText());
      vertices.add(
          new Vertex(
              vertex.path("name").asText(),
              vertex.path("status").asText(),
              vertex.path("parallelism").asInt()));
    }
    List<Failure> failures = new ArrayList<>();
    for (JsonNode failure :
        cluster
            .ask(rest -> rest.get(path + "/exceptions?maxExceptions=" + FAILURES))
            .at("/exceptionHistory/entries")) {
      failures.add(
          new Failure(
              Instant.ofEpochMilli(failure.path("timestamp").asLong()).toString(),
              failure.path("taskName").asText(null),
              new StackTrace(failure.path("stacktrace").asText()).cause()));
    }
    List<Checkpoint> savepoints = new ArrayList<>();
    for (JsonNode one : checkpoints.path("history")) {
      if (one.path("is_savepoint").asBoolean() && one.path("status").asText().equals("COMPLETED")) {
        savepoints.add(Checkpoint.of(one));
      }
    }
    JsonNode latest = checkpoints.path("latest");
    // Nobody counts for a job that has ended.
    Figures figures = job.ended() ? new Figures(0, 0, 0) : Figures.of(cluster, job.id(), ids);
    return new JobReport(
        job.id(),
        job.name(),
        details.path("state").asText(),
        job.since().toString(),
        job.ended() ? 0 : restarts(cluster, path),
        figures.recordsIn(),
        figures.recordsOut(),
        figures.deadLetters(),
        latest.path("completed").isObject() ? Checkpoint.of(latest.path("completed")) : null,
        FlinkCluster.path(latest.path("restored"))
            .map(ConnectorOptions::withoutSecrets)
            .orElse(null),
        cluster.carried(job.id()).map(CarriedJob::models).orElse(Map.of()),
        vertices,
        failures,
        savepoints);
  }

  private static long restarts(FlinkCluster cluster, String path) throws InterruptedException {
    return cluster
        .ask(rest -> rest.get(path + "/metrics?get=numRestarts"))
        .at("/0/value")
        .asLong(0);
  }
}
