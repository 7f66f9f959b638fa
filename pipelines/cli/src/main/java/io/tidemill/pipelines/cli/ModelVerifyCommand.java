package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.SignatureVerifier;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model verify}. */
@Command(
    name = "verify",
    description = {
      "Read every file of a version in the store, and compare it with the manifest.",
      "Names what is missing, extra, changed, truncated or grown.",
      "With --key, a good signature by one of the keys is asked for too."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every file is as it was published, and signed if a key is given",
      "3:it is not, or the store is away"
    })
final class ModelVerifyCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "MODEL", description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = "--key",
      paramLabel = "PUBLIC.pem",
      description = "An EC public key; given more than once, one of them must have signed.")
  private List<Path> keys = List.of();

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelVerifyCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  /** What JSON has of a verified version. */
  private record View(
      String name,
      String version,
      String digest,
      boolean verified,
      List<Problem> problems,
      @Nullable String key) {
    static View of(
        ModelManifest manifest, List<FileProblem> problems, Optional<VerificationKey> signer) {
      return new View(
          manifest.name(),
          manifest.version().toString(),
          manifest.digest(),
          problems.isEmpty(),
          problems.stream().map(Problem::of).toList(),
          signer.map(VerificationKey::fingerprint).orElse(null));
    }
  }

  /** What JSON has of a file that is not as published. */
  private record Problem(String path, String kind, String detail) {
    static Problem of(FileProblem problem) {
      return new Problem(problem.path(), label(problem), problem.detail());
    }
  }

  private static String label(FileProblem problem) {
    return problem.kind().name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Integer call() {
    List<VerificationKey> trusted = trustedKeys();
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = VersionArgument.manifest(spec, store, ref);
    Optional<VerificationKey> signer = signer(store, manifest, trusted);
    List<FileProblem> problems;
    try (TransferProgress progress =
        TransferProgress.of(spec, terminal, output, "verifying " + manifest.ref())) {
      problems = store.verify(manifest, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out, View.of(manifest, problems, signer), () -> print(out, manifest, problems, signer));
    if (!problems.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "%s in store %s: %d of its files not as published; no job loads it, publish the version again under another number"
              .formatted(manifest.ref(), store.uri(), problems.size()),
          null);
    }
    return ExitCode.DONE;
  }

  private static void print(
      PrintWriter out,
      ModelManifest manifest,
      List<FileProblem> problems,
      Optional<VerificationKey> signer) {
    if (problems.isEmpty()) {
      out.printf(
          "%s (%s) is as published: %d files, %s%s%n",
          manifest.ref(),
          manifest.digest(),
          manifest.files().size(),
          new ByteSize(manifest.bytes()),
          signer.map(key -> ", signed by key " + key.fingerprint()).orElse(""));
      return;
    }
    TextTable table = new TextTable("FILE", "PROBLEM", "DETAIL");
    problems.forEach(problem -> table.add(problem.path(), label(problem), problem.detail()));
    table.print(out);
  }

  private static Optional<VerificationKey> signer(
      ModelStore store, ModelManifest manifest, List<VerificationKey> trusted) {
    return trusted.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new SignatureVerifier(trusted)
                .verify(manifest, store.signatures(manifest.name(), manifest.version())));
  }

  private List<VerificationKey> trustedKeys() {
    List<VerificationKey> trusted = new ArrayList<>();
    try {
      keys.forEach(key -> trusted.add(VerificationKey.read(key)));
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(
          spec.commandLine(), String.valueOf(refused.getMessage()), refused);
    }
    return trusted;
  }
}
