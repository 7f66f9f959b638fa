package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.signing.SignatureVerifier;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
      "Fetch every file of a version and prove it against the manifest;",
      "with --key, require a good signature too."
    },
    mixinStandardHelpOptions = true)
final class ModelVerifyCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = "--key",
      paramLabel = "PUBLIC.pem",
      description = "An EC public key; given more than once, one of them must have signed.")
  private List<Path> keys = List.of();

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelVerifyCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    ModelRef model = ref;
    if (model == null) {
      throw new ParameterException(spec.commandLine(), "model: none (expected: one)");
    }
    List<VerificationKey> trusted = trustedKeys();
    ModelStore store = storeOption.open(environment);
    ModelVersion version = store.resolve(model);
    ModelManifest manifest = store.manifest(version.name(), version.version());
    Optional<String> signer = signer(store, manifest, trusted);
    FreshProof.of(store, manifest);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("model", manifest.ref().toString());
    answer.put("digest", manifest.digest());
    answer.put("files", manifest.files().size());
    answer.put("key", signer.orElse(null));
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        answer,
        () ->
            out.printf(
                "%s (%s): %d files proved, %s%n",
                manifest.ref(),
                manifest.digest(),
                manifest.files().size(),
                signer.map(key -> "signed by key " + key).orElse("signatures not asked for")));
    return ExitCode.DONE;
  }

  private static Optional<String> signer(
      ModelStore store, ModelManifest manifest, List<VerificationKey> trusted) {
    return trusted.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new SignatureVerifier(trusted)
                .verify(manifest, store.signatures(manifest.name(), manifest.version()))
                .fingerprint());
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
