package io.tidemill.pipelines.kubernetes;

import io.tidemill.pipelines.compose.MemoryNeed;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A job that runs for a date as a CronJob, each of whose pods is the whole of a run: the command,
 * with the Flink that it embeds. Immutable.
 *
 * @param at in the job's time zone
 * @param waitLimit for the input
 * @param command in the image
 */
record NightlyJob(DeployedJob job, LocalTime at, Duration waitLimit, String command) {
  private static final String SCRIPT = "run.sh";

  private static final int HEAP_MEBIBYTES = 512;
  private static final int SUBTASK_MEBIBYTES = 256;

  /** Classes and code, threads, and what collects garbage. */
  private static final int JAVA_MEBIBYTES = 512;

  /** What others than batches take of direct memory, such as connections. */
  private static final int DIRECT_MEBIBYTES = 128;

  /** Wrong usage, and held by a gate: another try ends the same. */
  private static final List<Integer> FINAL_CODES = List.of(2, 5);

  private static final Duration LONGEST_DELAY = Duration.ofHours(6);

  /** Before the next one is due. */
  private static final Duration LONGEST_RUN = Duration.ofHours(23);

  /** The date is that of the schedule, whenever a pod begins and however often one is tried. */
  private static final String RUN =
      """
      #!/bin/sh
      # Runs the job for the date that the name of this pod's Job says: of NAME-2026-11-21 that day; of one that the
      # CronJob has made, whose name ends in the minute since 1970 for which it is, the day before.
      set -eu
      case $RUN_NAME in
        *-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9])
          exec "$@" --date "${RUN_NAME#"${RUN_NAME%??????????}"}" ;;
        *-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9])
          now=$(date -u -d "@$((${RUN_NAME##*-} * 60))" +%Y-%m-%dT%H:%M:%SZ)
          exec "$@" --date yesterday --now "$now" ;;
      esac
      echo "$RUN_NAME: a Job without a date (expected: NAME-2026-11-21)" >&2
      exit 2
      """;

  /** All of them, in the order in which they are applied. */
  Manifests manifests() {
    Map<String, String> script = Map.of(SCRIPT, RUN);
    return new Manifests(
        job.head()
            + "\nFor another date: kubectl create job %1$s-2026-11-21 --from=cronjob/%1$s"
                .formatted(name()),
        Stream.concat(job.configMap(script).stream(), Stream.of(networkPolicy(), cronJob(script)))
            .toList());
  }

  private String name() {
    return job.name().text();
  }

  private Fields networkPolicy() {
    return job.object("networking.k8s.io/v1", "NetworkPolicy", name())
        .and(
            "spec",
            Fields.of("podSelector", Fields.of("matchLabels", job.labels()))
                .and("policyTypes", List.of("Ingress"), "Nobody calls a run."));
  }

  private Fields cronJob(Map<String, String> script) {
    return job.object("batch/v1", "CronJob", name())
        .and(
            "spec",
            Fields.of("schedule", "%d %d * * *".formatted(at.getMinute(), at.getHour()))
                .and("timeZone", job.planned().definition().nightly().timeZone().getId())
                .and("concurrencyPolicy", "Forbid")
                .and(
                    "startingDeadlineSeconds",
                    LONGEST_DELAY.toSeconds(),
                    "How late a run may begin that the cluster has missed.")
                .and("suspend", job.target().suspended())
                .and("successfulJobsHistoryLimit", 3)
                .and("failedJobsHistoryLimit", 3)
                .and("jobTemplate", Fields.of("metadata", labelled()).and("spec", run(script))));
  }

  private Fields labelled() {
    return Fields.of("labels", job.labels());
  }

  private Fields run(Map<String, String> script) {
    return Fields.of("backoffLimit", 2)
        .and(
            "activeDeadlineSeconds",
            LONGEST_RUN.toSeconds(),
            "A run that hangs would keep all later ones from beginning.")
        .and(
            "podFailurePolicy",
            Fields.of(
                "rules",
                List.of(
                    Fields.of("action", "Ignore")
                        .and(
                            "onPodConditions",
                            List.of(Fields.of("type", "DisruptionTarget").and("status", "True"))),
                    Fields.of("action", "FailJob")
                        .and(
                            "onExitCodes",
                            Fields.of("containerName", "run")
                                .and("operator", "In")
                                .and("values", FINAL_CODES)))),
            "A pod that the cluster takes away is no failure. Exit codes: 2 the job cannot run as it is written, 5 held\nby a gate: another try would end the same. 1, 3 and 4 (failed, models, input not there yet) are tried again.")
        .and("template", Fields.of("metadata", labelled()).and("spec", pod(script)));
  }

  private Fields pod(Map<String, String> script) {
    return Fields.of("restartPolicy", "Never")
        .and("automountServiceAccountToken", false)
        .and("terminationGracePeriodSeconds", 60)
        .and("securityContext", DeployedJob.podSecurity())
        .and("containers", List.of(container(script)))
        .and("volumes", job.volumes(script));
  }

  private Fields container(Map<String, String> script) {
    MemoryNeed need = job.planned().memory();
    long heap =
        Math.max(
            HEAP_MEBIBYTES + (long) SUBTASK_MEBIBYTES * job.parallelism(),
            mebibytes(need.heapBytes()));
    long direct = mebibytes(need.stepBytes() + need.networkBytes()) + DIRECT_MEBIBYTES;
    String memory =
        "%dMi".formatted(heap + direct + mebibytes(job.planned().nativeBytes()) + JAVA_MEBIBYTES);
    List<Fields> environment = new ArrayList<>();
    environment.add(
        Fields.of("name", "RUN_NAME")
            .and(
                "valueFrom",
                Fields.of(
                    "fieldRef",
                    Fields.of("fieldPath", "metadata.labels['batch.kubernetes.io/job-name']"))));
    environment.add(
        Fields.of("name", "TIDEMILL_JAVA_OPTS")
            .and(
                "value",
                "-Xmx%dm -XX:MaxDirectMemorySize=%dm %s"
                    .formatted(heap, direct, DeployedJob.UNPACKED)));
    environment.addAll(job.environment());
    Fields limits = Fields.of("memory", memory);
    return Fields.of("name", "run")
        .and("image", job.target().image())
        .and("command", List.of("/bin/sh", DeployedJob.FOLDER + "/" + SCRIPT))
        .and("args", arguments())
        .and("env", environment)
        .and(
            "resources",
            Fields.of(
                    "requests",
                    Fields.of("cpu", job.parallelism() * job.threads()).and("memory", memory))
                .and("limits", job.gpus() == 0 ? limits : limits.and("nvidia.com/gpu", job.gpus())))
        .and("securityContext", DeployedJob.containerSecurity())
        .and("volumeMounts", job.mounts(script));
  }

  private List<String> arguments() {
    List<String> words =
        new ArrayList<>(
            List.of(
                command, "run", job.path(), "--wait", waitLimit.toSeconds() + "s", "-o", "json"));
    words.addAll(job.arguments());
    // Kubernetes puts variables into arguments, written $(NAME), and makes one of two dollars.
    return words.stream().map(word -> word.replace("$", "$$")).toList();
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }
}
