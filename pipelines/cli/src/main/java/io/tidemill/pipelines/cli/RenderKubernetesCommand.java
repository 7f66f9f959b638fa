package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelManifest;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.definition.ExecutionMode;
import io.tidemill.pipelines.kubernetes.Claim;
import io.tidemill.pipelines.kubernetes.DeployedUnit;
import io.tidemill.pipelines.kubernetes.KubernetesJob;
import io.tidemill.pipelines.kubernetes.Target;
import io.tidemill.pipelines.unit.PackedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidemill render kubernetes}: a job as objects of Kubernetes. */
@Command(
    name = "kubernetes",
    description = {
      "A streaming job as a FlinkDeployment of Flink's operator, or a job for dates as",
      "a CronJob that runs it for the day before, with all that they need but the",
      "Secret, in one YAML for 'kubectl apply -f -'.",
      "The job may be a unit of 'tidemill package' that pods have, too.",
      "The job is planned for it, so the store of its models must answer here; for a job for",
      "dates that declares no columns there must be files of --date, too."
    },
    mixinStandardHelpOptions = true)
final class RenderKubernetesCommand implements Runnable {
  private static final String UNITS = "/opt/tidemill/units/";

  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private DateOption date;
  @Mixin private SignedByOption signedBy;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      required = true,
      description = {
        "The pods' image: of a streaming job Flink with Tidemill in",
        "its lib folder, of a job for dates one with the command."
      })
  private String image = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "Default: none, so that of whoever applies it.")
  private @Nullable String namespace;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "Of the objects. Default: the job's, changed where Kubernetes needs it.")
  private @Nullable String name;

  @Option(
      names = "--secret",
      paramLabel = "NAME",
      description = {
        "The Secret with the values of the variables that the job",
        "takes; it is not written. Default: the objects' name, '-env'."
      })
  private @Nullable String secret;

  @Option(
      names = "--variable",
      paramLabel = "NAME",
      description = {
        "One more variable that pods take from the Secret, such as",
        "AWS_SECRET_ACCESS_KEY. Can be given more than once."
      })
  private List<String> variables = new ArrayList<>();

  @Option(
      names = "--claim",
      paramLabel = "NAME:PATH",
      description = {
        "A PersistentVolumeClaim that pods mount at a path, as in",
        "lake:/data. Can be given more than once."
      })
  private List<Claim> claims = new ArrayList<>();

  @Option(
      names = "--pod-store",
      paramLabel = "URI",
      description = "The model store for the pods, where it is another than that for planning.")
  private @Nullable String podStore;

  @Option(
      names = "--pod-unit",
      paramLabel = "PATH",
      description = {
        "Where pods have the unit that is rendered, in their image or below a",
        "--claim. Default: its name in " + UNITS + "."
      })
  private @Nullable String podUnit;

  @Option(
      names = "--suspended",
      description = "Nothing runs, and nothing is lost, until it is applied without this.")
  private boolean suspended;

  @ArgGroup(exclusive = false, heading = "%nOf a streaming job:%n")
  private @Nullable Streaming streaming;

  @ArgGroup(exclusive = false, heading = "%nOf a job for dates:%n")
  private @Nullable Nightly nightly;

  @Spec private CommandSpec spec;

  RenderKubernetesCommand(Caller caller) {
    this.caller = caller;
  }

  /** What only a FlinkDeployment has. */
  static final class Streaming {
    @Option(
        names = "--storage",
        paramLabel = "URI",
        description = {
          "A folder that outlives the pods, as in s3://lake/flink, for",
          "checkpoints, savepoints and high availability. Default:",
          "what the job's 'flink:' says."
        })
    private @Nullable String storage;

    @Option(
        names = "--jar",
        paramLabel = "URI",
        description = "The entry class in the image. Default: where the image's Dockerfile has it.")
    private String jar = "local:///opt/flink/lib/tidemill-job-%s.jar".formatted(Version.tidemill());
  }

  /** What only a CronJob has. */
  static final class Nightly {
    @Option(
        names = "--at",
        paramLabel = "TIME",
        description = "When, in the job's time zone (default: 01:30).")
    private LocalTime at = LocalTime.of(1, 30);

    @Option(
        names = "--wait",
        paramLabel = "TIME",
        description = "How long a run waits for its input (default: 2h).")
    private Duration wait = Duration.ofHours(2);

    @Option(
        names = "--command",
        paramLabel = "PATH",
        description = "The command in the image. Default: the 'tidemill' of its PATH.")
    private String command = "tidemill";
  }

  @Override
  public void run() {
    spec.commandLine().getOut().print(yaml());
    spec.commandLine().getOut().flush();
  }

  private String yaml() {
    signedBy.demand();
    Optional<PackedJob> unit = job.packed();
    ParsedPipeline written = job.written(caller.environment());
    boolean streams = written.definition().mode() == ExecutionMode.STREAMING;
    refuse(streams ? nightly : streaming, streams);
    if (streams && date.given()) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--date: of a streaming job, which has no dates (expected: none)");
    }
    Target target = target(unit);
    KubernetesJob objects =
        KubernetesJob.of(
            unit.map(PackedJob::yaml).orElseGet(() -> Path.of(job.file())),
            written,
            streams
                ? job.planUnpublished(caller.environment())
                : job.plan(
                    caller.environment(),
                    Map.of(),
                    date.read(day -> job.read(caller.environment(), day))),
            target,
            caller.environment());
    if (streams) {
      Streaming options = streaming == null ? new Streaming() : streaming;
      return objects.streaming(
          options.storage, EnvironmentInformation.getVersion(), options.jar, Version.opens());
    }
    Nightly options = nightly == null ? new Nightly() : nightly;
    return objects.nightly(options.at, options.wait, options.command);
  }

  private static void refuse(@Nullable Object otherOptions, boolean streams) {
    if (otherOptions != null) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          streams
              ? "--at, --wait, --command: of a streaming job, which has no dates (expected: none of them)"
              : "--storage, --jar: of a job for dates, which keeps nothing (expected: none of them)");
    }
  }

  private DeployedUnit deployed(PackedJob packed) {
    ModelManifest lock = caller.units().unit(packed.file()).lock();
    return new DeployedUnit(
        podUnit == null ? UNITS + packed.file().getFileName() : podUnit,
        lock.ref() + " " + lock.digest(),
        job.clusterStore(caller.environment(), packed));
  }

  private Target target(Optional<PackedJob> unit) {
    try {
      return new Target(
          image,
          namespace,
          name,
          secret,
          variables,
          claims,
          podStore,
          job.flinkOptions(),
          unit.map(this::deployed).orElse(null),
          suspended);
    } catch (IllegalArgumentException wrong) {
      throw new CommandFailedException(wrong);
    }
  }
}
