package io.tidemill.pipelines.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.doctor.Cluster;
import io.tidemill.pipelines.doctor.Doctor;
import io.tidemill.pipelines.doctor.Finding;
import io.tidemill.pipelines.rest.FlinkRefusedException;
import io.tidemill.pipelines.rest.FlinkRest;
import io.tidemill.pipelines.rest.FlinkRest.Upload;
import io.tidemill.pipelines.run.SavedState;
import io.tidemill.pipelines.run.StateFit;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.RecoveryClaimMode;
import org.apache.flink.runtime.rest.messages.job.JobSubmitRequestBody;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.jspecify.annotations.Nullable;

/**
 * A planned job on its way to a cluster, as {@code flink run} sends it: the graph that was planned
 * here is what runs there, so that models, columns and files are those that were looked at.
 * Immutable.
 *
 * @param carried goes with it, for whoever starts it once more
 * @param letGo whether state of operators that it has no more is let go
 */
public record Submission(PlannedPipeline job, CarriedJob carried, boolean letGo) {
  private static final Duration BEGIN = Duration.ofMinutes(1);
  private static final String CHECKPOINTS = "execution.checkpointing.";
  private static final Pattern FOREIGN =
      Pattern.compile("ClassNotFound|NoClassDefFound|serialVersionUID|InvalidClass");

  /** Words of Flink's where it has not waited for the end, or was sent the same twice. */
  private static final Pattern UNSURE =
      Pattern.compile("Timeout|timed out|[Ll]eader|already been submitted");

  private static final String HIDDEN = "******";

  /** The same job with so many subtasks of everything. */
  public Submission rescaled(int subtasks, Map<String, String> environment) {
    CarriedJob more = carried.rescaled(subtasks);
    return new Submission(more.plan(environment), more, letGo);
  }

  String name() {
    return job.definition().name();
  }

  /**
   * Looks whether it can be started, and no job of its name runs; changes nothing.
   *
   * @param savepoint to begin with; null for none
   * @param allowDoubles also where a JobManager that dies makes it publish twice
   * @param option of the command for that
   * @param say takes a line that a person should know
   * @throws ClusterException if the cluster does not take it
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException if it must not begin anew
   *     there
   */
  public void checkStarts(
      FlinkCluster cluster,
      @Nullable String savepoint,
      boolean allowDoubles,
      String option,
      Consumer<String> say)
      throws InterruptedException {
    checkTakes(cluster);
    List<JobState> same = cluster.running(name());
    if (!same.isEmpty()) {
      JobState runs = same.get(0);
      throw ClusterException.refused(
          "job '%s' runs already on %s: %s, since %s (expected: another name; or 'tidemill jobs upgrade JOB.yaml' puts this one in its place, 'tidemill jobs stop %s' ends it)"
              .formatted(name(), cluster, runs.id(), runs.since(), runs.id()));
    }
    if (savepoint != null) {
      checkFits(savepoint, say);
    } else if (!allowDoubles) {
      job.checkPublishesOnce(cluster.configuration(), option);
    }
  }

  /**
   * Starts it, after {@link #checkStarts}.
   *
   * @param savepoint to begin with; null for none
   * @throws ClusterException if the cluster does not take it
   */
  public JobState startOn(FlinkCluster cluster, @Nullable String savepoint)
      throws InterruptedException {
    JobState started = begin(cluster, savepoint, false);
    JobStatus state =
        FlinkCluster.after(
            "job '%s' was started as %s".formatted(name(), started.id()),
            () ->
                FlinkCluster.await(
                        BEGIN,
                        () ->
                            Optional.of(cluster.state(started.id()))
                                .filter(now -> now != JobStatus.INITIALIZING))
                    .orElse(JobStatus.INITIALIZING));
    if (state == JobStatus.FAILED) {
      throw ClusterException.failed(
          "job '%s' does not begin on %s: %s (expected: a job, and a savepoint, that Flink takes; 'tidemill jobs logs' may say more)"
              .formatted(
                  name(), cluster, cluster.failure(started.id()).orElse("no reason is told")));
    }
    return started;
  }

  /**
   * Looks whether it can be started in the place of another job; changes nothing.
   *
   * @throws ClusterException if the cluster does not take it, or one more of its name runs
   */
  public void checkReplaces(FlinkCluster cluster, JobState running) throws InterruptedException {
    checkTakes(cluster);
    // Two jobs of a name would read the same and publish it twice.
    for (JobState other : cluster.running(name())) {
      if (!other.id().equals(running.id())) {
        throw ClusterException.refused(
            "job '%s' runs already on %s, as %s (expected: to upgrade that one, by --job %3$s, or another name)"
                .formatted(name(), cluster, other.id()));
      }
    }
  }

  private void checkFits(String savepoint, Consumer<String> say) {
    try {
      misfit(savepoint)
          .ifPresent(
              why -> {
                throw ClusterException.refused(
                    "job '%s' cannot go on from %s: %s".formatted(name(), savepoint, why));
              });
    } catch (IOException unseen) {
      say.accept(unseen(savepoint, unseen));
    }
  }

  static String unseen(String state, IOException why) {
    return "%s cannot be read from here, so that only the start tells whether it fits: %s"
        .formatted(state, why.getMessage());
  }

  /**
   * Looks whether the cluster takes jobs of this version, and has the memory for this one.
   *
   * @throws ClusterException if it is one of an application, of another Flink, or too small
   */
  private void checkTakes(FlinkCluster cluster) throws InterruptedException {
    String here = EnvironmentInformation.getVersion();
    String there = cluster.ask(rest -> rest.get("/config")).path("flink-version").asText("unknown");
    if (!minor(there).equals(minor(here))) {
      throw ClusterException.refused(
          "%s: Flink %s (expected: Flink %s, which Tidemill is made for)"
              .formatted(cluster, there, minor(here)));
    }
    if (!cluster.takesJobs()) {
      throw ClusterException.refused(
          "%s: takes no jobs, as it is one of a single application (expected: a session cluster; such a job is started and upgraded where it was deployed, on Kubernetes by 'tidemill render kubernetes')"
              .formatted(cluster));
    }
    Finding memory = Doctor.memory(cluster.ask(Cluster::of), job);
    if (memory.status() == Finding.Status.WRONG) {
      throw ClusterException.refused(
          "job '%s': %s (expected: to %s, and TaskManagers started with it)"
              .formatted(name(), memory.found(), memory.change()));
    }
  }

  private static String minor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }

  /**
   * Why it cannot go on from a state. Blocks on its file system.
   *
   * @throws IOException if that is out of sight from here
   */
  Optional<String> misfit(String path) throws IOException {
    StateFit fit;
    try {
      fit = StateFit.of(job, SavedState.read(new org.apache.flink.core.fs.Path(path)));
    } catch (RuntimeException unreadable) {
      // Flink's S3 file system, for one, throws what the client of S3 throws.
      throw new IOException(String.valueOf(unreadable.getMessage()), unreadable);
    }
    List<String> reasons = new ArrayList<>(fit.unfit());
    if (!letGo && !fit.gone().isEmpty()) {
      reasons.add(
          "%s has state there, and the job has it no more (expected: the same ids and connectors; or --allow-non-restored-state, which lets that state and the records in it go)"
              .formatted(String.join(", ", fit.gone())));
    }
    return reasons.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", reasons));
  }

  /**
   * Starts it whatever else runs.
   *
   * @param kept whether its checkpoints stay whatever ends it, as someone may go on from them
   * @throws ClusterException if the cluster does not take it, or does not say whether it does
   */
  JobState begin(FlinkCluster cluster, @Nullable String savepoint, boolean kept)
      throws InterruptedException {
    Configuration there = cluster.configuration();
    List<JobState> started = new ArrayList<>();
    List<ClusterException> doubts = new ArrayList<>();
    try {
      job.start(
          flink -> settle(flink, there, savepoint, kept),
          graph -> {
            try {
              started.add(send(cluster, graph));
            } catch (ClusterException doubt) {
              if (!doubt.isInDoubt()) {
                throw doubt;
              }
              // It may run: what its sinks made for it stays.
              doubts.add(doubt);
            }
          });
    } catch (RuntimeException | InterruptedException ours) {
      throw ours;
    } catch (Exception flinks) {
      throw ClusterException.refused(
          "job '%s': Flink makes no graph of it: %s".formatted(name(), flinks.getMessage()),
          flinks);
    }
    if (!doubts.isEmpty()) {
      throw doubts.get(0);
    }
    return started.get(0);
  }

  /** As {@code flink run} does beside the cluster's own configuration. */
  private void settle(
      Configuration flink, Configuration there, @Nullable String savepoint, boolean kept) {
    there
        .toMap()
        .forEach(
            (key, value) -> {
              if (key.startsWith(CHECKPOINTS) && !flink.containsKey(key) && !value.equals(HIDDEN)) {
                flink.setString(key, value);
              }
            });
    if (kept || !flink.contains(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION)) {
      // What a job leaves that fails or is cancelled is all that there is to go on from.
      flink.set(
          CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
          ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    }
    Map<String, String> parameters =
        new HashMap<>(
            Optional.ofNullable(flink.get(PipelineOptions.GLOBAL_JOB_PARAMETERS)).orElse(Map.of()));
    parameters.putAll(carried.parameters());
    flink.set(PipelineOptions.GLOBAL_JOB_PARAMETERS, parameters);
    if (savepoint != null) {
      flink.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
      // It was asked for, and may be needed once more.
      flink.set(StateRecoveryOptions.RESTORE_MODE, RecoveryClaimMode.NO_CLAIM);
      flink.set(StateRecoveryOptions.SAVEPOINT_IGNORE_UNCLAIMED_STATE, letGo);
    }
  }

  private JobState send(FlinkCluster cluster, StreamGraph graph)
      throws IOException, InterruptedException {
    graph.serializeUserDefinedInstances();
    Path plan = Files.createTempFile("tidemill-job", ".bin");
    try {
      try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(plan))) {
        out.writeObject(graph);
      }
      ObjectNode request =
          JsonNodeFactory.instance
              .objectNode()
              .put(JobSubmitRequestBody.FIELD_NAME_EXECUTION_PLAN, plan.getFileName().toString());
      List<Upload> files = new ArrayList<>();
      files.add(new Upload(plan.getFileName().toString(), plan, "application/octet-stream"));
      var jars = request.putArray("jobJarFileNames");
      for (org.apache.flink.core.fs.Path jar : graph.getUserJars()) {
        jars.add(jar.getName());
        files.add(new Upload(jar.getName(), Path.of(jar.toUri()), "application/java-archive"));
      }
      request.putArray("jobArtifactFileNames");
      return accepted(cluster, graph.getJobID().toString(), request, files);
    } finally {
      FileUtils.deleteQuietly(plan.toFile());
    }
  }

  /** What became of the request, also where its answer is lost: it may have been taken. */
  private JobState accepted(FlinkCluster cluster, String id, JsonNode request, List<Upload> files)
      throws InterruptedException {
    ClusterException lost = null;
    try {
      var unused = cluster.ask(rest -> upload(rest, request, files));
    } catch (ClusterException unanswered) {
      boolean answered =
          !unanswered.isUnanswered()
              && !UNSURE.matcher(String.valueOf(unanswered.getMessage())).find();
      if (answered) {
        throw unanswered;
      }
      lost = unanswered;
    }
    Optional<JobState> started;
    try {
      started =
          FlinkCluster.await(
              BEGIN, () -> cluster.jobs().stream().filter(job -> job.id().equals(id)).findFirst());
    } catch (ClusterException away) {
      lost = lost == null ? away : lost;
      started = Optional.empty();
    }
    if (started.isPresent()) {
      return started.get();
    }
    throw ClusterException.inDoubt(
        "job '%s' was sent to %s as %s, and whether it runs is not known%s (expected: an answer; 'tidemill jobs list' shows it if it does)"
            .formatted(name(), cluster, id, lost == null ? "" : ": " + lost.getMessage()),
        lost);
  }

  private static JsonNode upload(FlinkRest rest, JsonNode request, List<Upload> files)
      throws IOException, InterruptedException {
    try {
      return rest.upload("/jobs", request, files);
    } catch (FlinkRefusedException refused) {
      String why = String.valueOf(refused.getMessage());
      if (FOREIGN.matcher(why).find()) {
        throw ClusterException.refused(
            "%s cannot read the job: %s (expected: this version's cluster-lib/core, and the engines of the job, in Flink's lib on every machine; 'tidemill doctor --rest %1$s JOB.yaml' says what is missing)"
                .formatted(rest, why),
            refused);
      }
      throw refused;
    }
  }

  /** Where its savepoints go, if the job or else the cluster says so. */
  Optional<String> savepointFolder(FlinkCluster cluster) throws InterruptedException {
    return Stream.of(job.configuration(), cluster.configuration())
        .flatMap(flink -> flink.getOptional(CheckpointingOptions.SAVEPOINT_DIRECTORY).stream())
        .findFirst();
  }
}
