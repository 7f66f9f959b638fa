package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.tidemill.connectors.options.ConnectorOptions;
import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The last lines of what a cluster's processes have logged. For use by one thread. */
public final class ClusterLogs {
  private final FlinkCluster cluster;
  private final int lines;

  /**
   * That of a cluster; asks nothing yet.
   *
   * @param lines how many of each process
   */
  public ClusterLogs(FlinkCluster cluster, int lines) {
    this.cluster = cluster;
    this.lines = lines;
  }

  /**
   * What one process has logged, without secrets.
   *
   * @param process {@code jobmanager}, or a TaskManager's id
   */
  public record Log(String process, List<String> lines) {
    public Log {
      lines = List.copyOf(lines);
    }
  }

  /**
   * Those of the JobManager and of the TaskManagers that run a job now, or of all of them.
   *
   * @throws ClusterException if no process keeps its log in a file
   */
  public List<Log> of(Optional<JobState> job) throws InterruptedException {
    List<Log> logs = new ArrayList<>();
    add(logs, "jobmanager", "/jobmanager/log");
    for (String id : job.isPresent() ? taskManagers(job.get()) : taskManagers()) {
      add(logs, id, "/taskmanagers/%s/log".formatted(id));
    }
    if (logs.isEmpty()) {
      throw ClusterException.failed(
          "%s: its processes log into no file that Flink knows (expected: log.file, as Flink's scripts set it; of containers, 'docker logs' or 'kubectl logs')"
              .formatted(cluster));
    }
    return logs;
  }

  private void add(List<Log> logs, String process, String path) throws InterruptedException {
    List<String> last =
        cluster.ask(
            rest -> {
              try {
                return rest.tail(path, lines);
              } catch (FileNotFoundException none) {
                return List.of();
              }
            });
    if (!last.isEmpty()) {
      logs.add(new Log(process, last.stream().map(ConnectorOptions::withoutSecrets).toList()));
    }
  }

  private Set<String> taskManagers() throws InterruptedException {
    Set<String> ids = new LinkedHashSet<>();
    cluster
        .ask(rest -> rest.get("/taskmanagers", "/taskmanagers"))
        .path("taskmanagers")
        .forEach(manager -> ids.add(manager.path("id").asText()));
    return ids;
  }

  private Set<String> taskManagers(JobState job) throws InterruptedException {
    Set<String> ids = new LinkedHashSet<>();
    String path = "/jobs/" + job.id();
    for (JsonNode vertex : cluster.ask(rest -> rest.get(path, "/vertices")).path("vertices")) {
      String tasks = "%s/vertices/%s/taskmanagers".formatted(path, vertex.path("id").asText());
      cluster
          .ask(rest -> rest.get(tasks, "/taskmanagers"))
          .path("taskmanagers")
          .forEach(manager -> ids.add(manager.path("taskmanager-id").asText()));
    }
    ids.retainAll(taskManagers());
    return ids;
  }
}
