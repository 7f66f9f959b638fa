package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.SigningKey;
import io.tidemill.pipelines.JobOptions;
import io.tidemill.pipelines.carried.CarriedJob;
import io.tidemill.pipelines.compose.PlannedPipeline;
import io.tidemill.pipelines.definition.StepDefinition;
import io.tidemill.pipelines.unit.UnitDraft;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill package}: a job as one file. */
@Command(
    name = "package",
    description = {
      "Write a job, the files that it names and its models into one file: a unit.",
      "It is planned first; aliases become the versions that they mean now. Variables stay",
      "as they are written, and a secret that is written out is refused.",
      "Columns that the files of a date say are no part of it, as each run asks its own; it is",
      "planned with those of --date. The same job and versions give the same bytes. 'run', 'plan',",
      "'validate' and 'submit' take the unit anywhere, without the store, and refuse it if a byte of",
      "it differs."
    },
    mixinStandardHelpOptions = true)
final class PackageCommand implements Runnable {
  private static final SemanticVersion FIRST = new SemanticVersion(1, 0, 0, "");

  private final Caller caller;

  @Mixin private JobOptions job;
  @Mixin private DateOption date;

  @Option(
      names = "--as",
      paramLabel = "NAME:VERSION",
      description = "What the unit is called. Default: the job's name, and 1.0.0.")
  private @Nullable VersionArgument asked;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "A new file. Default: NAME-VERSION.tar in the working folder.")
  private @Nullable Path to;

  @Option(
      names = "--key",
      paramLabel = "PRIVATE.pem",
      description = {
        "Sign it with an EC private key, as 'model sign' does.",
        "The key is never printed."
      })
  private @Nullable Path key;

  @Mixin private Output output;

  PackageCommand(Caller caller) {
    this.caller = caller;
  }

  /**
   * What JSON has of a unit.
   *
   * @param key that it is signed with; null if with none
   */
  private record View(
      String unit,
      String digest,
      String file,
      long bytes,
      List<String> models,
      @Nullable String key) {}

  @Override
  public void run() {
    refuseWhatDoesNotTravel();
    Optional<SigningKey> signing = Optional.ofNullable(key).map(PackageCommand::signingKey);
    ParsedPipeline written = job.read(caller.environment(), null);
    VersionArgument called = called(written.definition().name());
    Path target =
        new NewFile(
                to == null ? Path.of("%s-%s.tar".formatted(called.name(), called.version())) : to)
            .path();
    PlannedPipeline planned =
        job.plan(
            caller.environment(), Map.of(), date.read(day -> job.read(caller.environment(), day)));
    CarriedJob carried =
        CarriedJob.of(Path.of(job.file()), written, planned, Map.of(), caller.environment());
    Map<String, ModelVersion> models = models(planned);
    try {
      ModelManifest lock =
          new UnitDraft(
                  called.name(),
                  called.version(),
                  carried.texts(),
                  models,
                  ModelStore.open(planned.describe().store()))
              .write(target, signing);
      print(target, lock, models, signing);
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, target + ": cannot be written: " + unwritable.getMessage(), unwritable);
    }
  }

  private void refuseWhatDoesNotTravel() {
    if (job.packed().isPresent()) {
      throw new CommandFailedException(
          ExitCode.USAGE, job.file() + ": a unit already (expected: a job's YAML)");
    }
    if (!job.flinkOptions().isEmpty()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "--set: %s (expected: none, as a unit is of the job's file; write it there under 'flink:', or give it to 'run')"
              .formatted(String.join(", ", job.flinkOptions().keySet())));
    }
  }

  private static SigningKey signingKey(Path file) {
    try {
      return SigningKey.read(file);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }

  private VersionArgument called(String name) {
    if (asked != null) {
      return asked;
    }
    if (!ModelRef.isName(name)) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "job '%s': no name for a unit, which has small letters (expected: --as NAME:VERSION)"
              .formatted(name));
    }
    return new VersionArgument(name, FIRST);
  }

  private static Map<String, ModelVersion> models(PlannedPipeline planned) {
    Map<String, ModelVersion> models = new LinkedHashMap<>();
    List<StepDefinition> steps = planned.definition().steps();
    for (int i = 0; i < steps.size(); i++) {
      models.put(steps.get(i).id(), planned.models().get(i));
    }
    return models;
  }

  private void print(
      Path target,
      ModelManifest lock,
      Map<String, ModelVersion> models,
      Optional<SigningKey> signing)
      throws IOException {
    long bytes = Files.size(target);
    String signer = signing.map(one -> one.verificationKey().fingerprint()).orElse(null);
    output.print(
        new View(
            lock.ref().toString(),
            lock.digest(),
            target.toString(),
            bytes,
            models.values().stream().map(ModelVersion::toString).distinct().toList(),
            signer),
        out -> {
          out.printf("packaged   %s%n", lock.ref());
          out.printf("file       %s, %s%n", target, new ByteSize(bytes));
          out.printf("digest     %s%n", lock.digest());
          models.forEach(
              (step, model) ->
                  out.printf("model      %s (%s) of step %s%n", model, model.digest(), step));
          if (signer != null) {
            out.printf("signed by  key %s%n", signer);
          }
        });
  }
}
