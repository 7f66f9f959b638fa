package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.connectors.problem.Suggestion;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.doctor.Cluster;
import io.tidemill.pipelines.rest.FlinkRefusedException;
import io.tidemill.pipelines.rest.FlinkRest;
import io.tidemill.pipelines.rest.StackTrace;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.jspecify.annotations.Nullable;

/**
 * A cluster that runs jobs, of sessions or of one application. For use by one thread; each method
 * blocks on its answers.
 *
 * <p>Whatever keeps it from answering is a {@link ClusterException}.
 */
public final class FlinkCluster {
  private static final long POLL_MILLIS = 250;
  private static final Duration BEGIN = Duration.ofSeconds(30);

  private final FlinkRest rest;
  private final Duration begin;

  /**
   * That of a JobManager.
   *
   * @param begin how long one may be about to answer
   */
  FlinkCluster(FlinkRest rest, Duration begin) {
    this.rest = rest;
    this.begin = begin;
  }

  /** The cluster of a JobManager; asks nothing yet. */
  public static FlinkCluster at(URI address) {
    try {
      return new FlinkCluster(new FlinkRest(address), BEGIN);
    } catch (IOException wrong) {
      throw absent(address.toString(), wrong);
    }
  }

  /** What is asked of it. */
  interface Question<T> {
    T ask(FlinkRest rest) throws IOException, InterruptedException;
  }

  /** What is looked at until it is there. */
  interface Look<T> {
    Optional<T> look() throws InterruptedException;
  }

  /** An answer, for which it has some time while a job or a JobManager is about to begin. */
  <T> T ask(Question<T> question) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + begin.toNanos();
    while (true) {
      try {
        return question.ask(rest);
      } catch (IOException failed) {
        if (!isNotYet(failed) || System.nanoTime() - deadlineNanos >= 0) {
          throw absent(rest.toString(), failed);
        }
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    }
  }

  private static boolean isNotYet(IOException failed) {
    return failed instanceof FlinkRefusedException refused && refused.notYet();
  }

  private static ClusterException absent(String address, IOException why) {
    String message = "%s: %s".formatted(address, why.getMessage());
    if (isNotYet(why)) {
      return ClusterException.unanswered(
          message + " (expected: a JobManager that leads, and a job that has begun)", why);
    }
    return why instanceof FlinkRefusedException
        ? ClusterException.failed(message, why)
        : ClusterException.unanswered(
            message
                + " (expected: the address of a JobManager, as in http://localhost:8081, by --rest or TIDEMILL_REST)",
            why);
  }

  /**
   * Looks until something is there; empty if it is not within the limit. Nothing is ended because a
   * JobManager pauses or a proxy loses an answer.
   *
   * @throws ClusterException if there is no answer when the limit has passed
   */
  static <T> Optional<T> await(Duration limit, Look<T> look) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        Optional<T> seen = look.look();
        if (seen.isPresent() || System.nanoTime() - deadlineNanos >= 0) {
          return seen;
        }
      } catch (ClusterException away) {
        if (!away.isUnanswered() || System.nanoTime() - deadlineNanos >= 0) {
          throw away;
        }
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  /** Its jobs, those that run first, and of each the newest. */
  public List<JobState> jobs() throws InterruptedException {
    List<JobState> jobs = new ArrayList<>();
    ask(rest -> rest.get("/jobs/overview", "/jobs"))
        .path("jobs")
        .forEach(job -> jobs.add(JobState.of(job)));
    jobs.sort(
        Comparator.comparing(JobState::ended)
            .thenComparing(JobState::since, Comparator.reverseOrder()));
    return jobs;
  }

  /** Those of a name that have not ended. */
  List<JobState> running(String name) throws InterruptedException {
    return jobs().stream().filter(job -> !job.ended() && job.name().equals(name)).toList();
  }

  /**
   * The job of a name, or of the beginning of an id: the one that runs, else the newest.
   *
   * @throws ClusterException if there is none, or more than one
   */
  public JobState find(String asked) throws InterruptedException {
    List<JobState> all = jobs();
    List<JobState> found = all.stream().filter(job -> job.name().equals(asked)).toList();
    if (found.isEmpty() && asked.matches("[0-9a-f]{4,32}")) {
      found = all.stream().filter(job -> job.id().startsWith(asked)).toList();
    }
    List<JobState> running = found.stream().filter(job -> !job.ended()).toList();
    if (running.size() > 1) {
      throw ClusterException.refused(
          "job '%s': %d of them run (expected: the id of one: %s)"
              .formatted(
                  asked,
                  running.size(),
                  running.stream().map(JobState::id).collect(Collectors.joining(", "))));
    }
    if (found.isEmpty()) {
      List<String> names = all.stream().map(JobState::name).distinct().sorted().toList();
      throw ClusterException.refused(
          names.isEmpty()
              ? "job '%s': there is none on %s, nor any other (expected: one that 'tidemill submit' has started)"
                  .formatted(asked, rest)
              : "job '%s': there is none on %s %s"
                  .formatted(asked, rest, new Suggestion(asked, names)));
    }
    return found.get(0);
  }

  /**
   * The same for one that has not ended.
   *
   * @throws ClusterException if it has
   */
  public JobState findRunning(String asked) throws InterruptedException {
    JobState job = find(asked);
    if (job.ended()) {
      throw ClusterException.refused(
          "job '%s': %s (expected: one that runs; 'tidemill jobs show %s' says what became of it)"
              .formatted(job.name(), job.state(), job.id()));
    }
    return job;
  }

  /** Whether jobs can be sent to it; one of an application has its own, and no page for others. */
  boolean takesJobs() throws InterruptedException {
    return ask(
        rest -> {
          try {
            return rest.send("POST", "/jobs", JsonNodeFactory.instance.objectNode()).isObject();
          } catch (FlinkRefusedException refused) {
            return !refused.absent();
          }
        });
  }

  JobStatus state(String id) throws InterruptedException {
    return JobStatus.valueOf(
        ask(rest -> rest.get("/jobs/" + id, "/vertices")).path("state").asText());
  }

  /** What the job was started with, where {@code submit} has started it, as far as Flink tells. */
  public Optional<CarriedJob> carried(String id) throws InterruptedException {
    return carried(executionOf(id));
  }

  /**
   * The same of a job that is about to run or does. Flink does not tell before the job has its
   * tasks, nor for some seconds afterwards; blocks until then.
   *
   * @throws ClusterException if it does not tell within the limit, or within half a minute
   */
  public Optional<CarriedJob> carriedByRunning(JobState job, Duration limit)
      throws InterruptedException {
    JsonNode execution =
        await(
                limit.compareTo(BEGIN) < 0 ? limit : BEGIN,
                () -> Optional.of(executionOf(job.id())).filter(JsonNode::isObject))
            .orElseThrow(
                () ->
                    ClusterException.failed(
                        "job '%s': Flink does not tell what it was started with while it is without tasks (expected: one that has slots; 'tidemill jobs show %s' says when)"
                            .formatted(job.name(), job.id())));
    return carried(execution);
  }

  private JsonNode executionOf(String id) throws InterruptedException {
    return ask(rest -> rest.get("/jobs/" + id + "/config")).path("execution-config");
  }

  private static Optional<CarriedJob> carried(JsonNode execution) {
    Map<String, String> parameters = new HashMap<>();
    execution
        .path("user-config")
        .properties()
        .forEach(entry -> parameters.put(entry.getKey(), entry.getValue().asText()));
    return CarriedJob.of(parameters);
  }

  /** What the cluster is configured with. */
  Configuration configuration() throws InterruptedException {
    return ask(Cluster::configuration);
  }

  /** What it tells of a job's checkpoints; nothing of one that makes none. */
  JsonNode checkpoints(String id) throws InterruptedException {
    return ask(
        rest -> {
          try {
            return rest.get("/jobs/" + id + "/checkpoints");
          } catch (FlinkRefusedException none) {
            if (none.absent()) {
              return MissingNode.getInstance();
            }
            throw none;
          }
        });
  }

  /** Where its newest complete checkpoint or savepoint is, if it says so. */
  Optional<String> newestCheckpoint(String id) throws InterruptedException {
    return newestOf(checkpoints(id));
  }

  static Optional<String> newestOf(JsonNode checkpoints) {
    return path(checkpoints.at("/latest/completed"));
  }

  static Optional<String> path(JsonNode checkpoint) {
    String path = checkpoint.path("external_path").asText("");
    // Flink has a word in angles where it is in the JobManager's memory.
    return path.isEmpty() || path.startsWith("<") ? Optional.empty() : Optional.of(path);
  }

  /** Why a job has failed last, if it has. */
  Optional<String> failure(String id) throws InterruptedException {
    JsonNode entry =
        ask(rest -> rest.get("/jobs/" + id + "/exceptions"))
            .at("/exceptionHistory/entries/0/stacktrace");
    return entry.isMissingNode()
        ? Optional.empty()
        : Optional.of(new StackTrace(entry.asText()).cause());
  }

  /**
   * Stops a job in order, with a savepoint.
   *
   * @param folder for it; null for the cluster's
   * @param drain whether all that waits for later records is scored first, and nothing is to follow
   * @return where the savepoint is
   */
  public String stop(JobState job, @Nullable String folder, boolean drain, Duration limit)
      throws InterruptedException {
    if (folder == null && configuration().get(CheckpointingOptions.SAVEPOINT_DIRECTORY) == null) {
      throw ClusterException.refused(
          "job '%s': no folder for its savepoint (expected: --savepoint-dir, or execution.checkpointing.savepoint-dir in Flink's configuration)"
              .formatted(job.name()));
    }
    ObjectNode request = JsonNodeFactory.instance.objectNode().put("drain", drain);
    if (folder != null) {
      request.put("targetDirectory", folder);
    }
    return after(
        "job '%s' was told to stop with a savepoint; %s"
            .formatted(job.name(), whenItHasStopped(job)),
        () -> stop(job, request, limit));
  }

  private String stop(JobState job, ObjectNode request, Duration limit)
      throws InterruptedException {
    String trigger =
        ask(rest -> rest.send("POST", "/jobs/" + job.id() + "/stop", request))
            .path("request-id")
            .asText();
    JsonNode done =
        await(
                limit,
                () ->
                    Optional.of(
                            ask(
                                rest ->
                                    savepoint(
                                        rest,
                                        job,
                                        "/jobs/%s/savepoints/%s".formatted(job.id(), trigger))))
                        .filter(some -> some.at("/status/id").asText().equals("COMPLETED")))
            .orElseThrow(
                () ->
                    ClusterException.failed(
                        "job '%s': no savepoint in %d s, and Flink may still make it, and stop the job with it (expected: more time, by --timeout); %s"
                            .formatted(job.name(), limit.toSeconds(), whenItHasStopped(job))));
    String trace = done.at("/operation/failure-cause/stack-trace").asText("");
    if (!trace.isEmpty()) {
      throw ClusterException.failed(
          "job '%s': it was not stopped with a savepoint: %s (expected: a folder that all machines of the cluster can write, by --savepoint-dir); %s"
              .formatted(job.name(), new StackTrace(trace).cause(), whenItHasStopped(job)));
    }
    String savepoint = done.at("/operation/location").asText();
    try {
      awaitEnd(job, limit);
    } catch (ClusterException open) {
      throw ClusterException.inDoubt(
          "%s; its savepoint is %s".formatted(open.getMessage(), savepoint), open);
    }
    return savepoint;
  }

  /** What became of a savepoint that was asked for, of which only that JobManager knows. */
  private static JsonNode savepoint(FlinkRest rest, JobState job, String path)
      throws IOException, InterruptedException {
    try {
      return rest.get(path);
    } catch (FlinkRefusedException refused) {
      if (!refused.absent()) {
        throw refused;
      }
      throw ClusterException.inDoubt(
          "job '%s' was told to stop with a savepoint, and another JobManager leads now, which knows nothing of it; %s"
              .formatted(job.name(), whenItHasStopped(job)),
          refused);
    }
  }

  /**
   * Does what changes something: whatever goes wrong then, nobody may say that nothing was done.
   *
   * @param asked what was asked for, and how to see what became of it
   */
  static <T> T after(String asked, Act<T> act) throws InterruptedException {
    try {
      return act.run();
    } catch (ClusterException away) {
      if (!away.isUnanswered()) {
        throw away;
      }
      throw ClusterException.inDoubt(asked + "; " + away.getMessage(), away);
    }
  }

  /** What changes something. */
  interface Act<T> {
    T run() throws InterruptedException;
  }

  private static String whenItHasStopped(JobState job) {
    return "'tidemill jobs show %s' tells its state and its newest savepoint or checkpoint, with which 'tidemill submit JOB.yaml --from-savepoint PATH' goes on once it has ended"
        .formatted(job.id());
  }

  /** Ends a job as it is. */
  public void cancel(JobState job, Duration limit) throws InterruptedException {
    after(
        "job '%s' was told to end; 'tidemill jobs show %s' tells its state"
            .formatted(job.name(), job.id()),
        () -> {
          var unused = ask(rest -> cancel(rest, "/jobs/" + job.id()));
          awaitEnd(job, limit);
          return job;
        });
  }

  private static JsonNode cancel(FlinkRest rest, String path)
      throws IOException, InterruptedException {
    try {
      return rest.send("PATCH", path + "?mode=cancel", null);
    } catch (FlinkRefusedException refused) {
      if (refused.ended()) {
        // Its state says how.
        return MissingNode.getInstance();
      }
      throw refused;
    }
  }

  private void awaitEnd(JobState job, Duration limit) throws InterruptedException {
    Optional<JobStatus> end =
        await(limit, () -> Optional.of(state(job.id())).filter(JobStatus::isGloballyTerminalState));
    if (end.isEmpty()) {
      throw ClusterException.failed(
          "job '%s' has not ended in %d s (expected: more time, by --timeout)"
              .formatted(job.name(), limit.toSeconds()));
    }
  }

  /** Its address, without a password. */
  @Override
  public String toString() {
    return rest.toString();
  }
}
