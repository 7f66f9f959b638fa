package io.tidemill.pipelines.kubernetes;

import io.tidemill.pipelines.carried.JobFiles;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A job as objects of Kubernetes, in one text of YAML. Immutable. */
public final class KubernetesJob {
  private final DeployedJob job;

  private KubernetesJob(DeployedJob job) {
    this.job = job;
  }

  /**
   * A job. Reads its files.
   *
   * @param file of the job, where its unit was unpacked if it has one
   * @param written the job as it is in its file, with the templates of dates
   * @param planned the same, for some date if it is for dates
   * @throws io.tidemill.pipelines.definition.InvalidPipelineException with all that pods cannot
   *     have
   */
  public static KubernetesJob of(
      Path file,
      ParsedPipeline written,
      PlannedPipeline planned,
      Target target,
      Map<String, String> environment) {
    DeployedJob job =
        new DeployedJob(planned, written, JobFiles.of(file, written, environment), target);
    job.check();
    return new KubernetesJob(job);
  }

  /**
   * As a FlinkDeployment. Blocks on the store.
   *
   * @param storage a folder that outlives the pods; null where the job says all that is in it
   * @param flinkVersion as in 2.3.0
   * @param jar of the entry class, in the image, as in {@code local:///opt/flink/lib/job.jar}
   * @param opens options of the JVM, without which Arrow does not start
   */
  public String streaming(@Nullable String storage, String flinkVersion, String jar, String opens) {
    return new StreamingJob(job, storage, flinkVersion, jar, opens).manifests().yaml();
  }

  /**
   * As a CronJob that runs it for the day before. Blocks on the store.
   *
   * @param at in the job's time zone
   * @param waitLimit for the input
   * @param command in the image
   */
  public String nightly(LocalTime at, Duration waitLimit, String command) {
    return new NightlyJob(job, at, waitLimit, command).manifests().yaml();
  }
}
