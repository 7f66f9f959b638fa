package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.ModelSigner;
import io.tidemill.model.store.signing.SigningKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model sign}. */
@Command(
    name = "sign",
    description = {
      "Sign a version in the OpenSSF Model Signing format.",
      "Its files are fetched and proved first. The signature is kept beside the",
      "version; one of the same key is replaced."
    },
    mixinStandardHelpOptions = true)
final class ModelSignCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "PRIVATE.pem",
      description = {
        "An EC private key on P-256, P-384 or P-521, as PKCS#8 or SEC 1, not encrypted.",
        "It is never printed."
      })
  private Path key = Path.of("");

  @Option(names = "--dry-run", description = "Prove the files and check the key; sign nothing.")
  private boolean dryRun;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelSignCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ModelRef model = ref;
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "model: none (expected: one)");
    }
    SigningKey signing = signingKey();
    ModelStore store = storeOption.open(environment);
    ModelVersion version = store.resolve(model);
    ModelManifest manifest = store.manifest(version.name(), version.version());
    proveFiles(store, manifest);
    DetachedSignature signature = new ModelSigner(signing).sign(manifest);
    if (!dryRun) {
      store.addSignature(version.name(), version.version(), signature);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", manifest.ref().toString());
    answer.put("digest", manifest.digest());
    answer.put("key", signature.fingerprint());
    answer.put("signed", !dryRun);
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        answer,
        () ->
            out.printf(
                "%s (%s) %s key %s%n",
                manifest.ref(),
                manifest.digest(),
                dryRun ? "would be signed by" : "is signed by",
                signature.fingerprint()));
    return ExitCode.DONE;
  }

  private void proveFiles(ModelStore store, ModelManifest manifest) {
    List<FileProblem> problems;
    try (TransferProgress progress =
        TransferProgress.of(spec, terminal, output, "proving " + manifest.ref())) {
      problems = store.verify(manifest, progress);
    }
    if (!problems.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "%s in store %s: %d of its files not as published, so it is not signed; 'tidemill model verify %s' names them"
              .formatted(manifest.ref(), store.uri(), problems.size(), manifest.ref()),
          null);
    }
  }

  private SigningKey signingKey() {
    try {
      return SigningKey.read(key);
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(
          spec.commandLine(), String.valueOf(refused.getMessage()), refused);
    }
  }
}
