package io.tidemill.pipelines.cli;

import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.signing.SigningKey;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill model sign}. */
@Command(
    name = "sign",
    description = {
      "Sign a version in the OpenSSF Model Signing format.",
      "Its files are fetched and proved first. The signature is kept beside the",
      "version; one of the same key is replaced."
    },
    mixinStandardHelpOptions = true)
final class ModelSignCommand implements Runnable {
  @Mixin private ModelArgument model;

  @Option(
      names = "--key",
      required = true,
      paramLabel = "PRIVATE.pem",
      description = {
        "An EC private key on P-256, P-384 or P-521, as PKCS#8, not encrypted.",
        "It is never printed."
      })
  private Path key;

  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;

  /** What JSON has of a signature. */
  private record View(String model, String digest, String key, boolean signed) {}

  @Override
  public void run() {
    SigningKey signing = signingKey();
    FoundModel found = model.find();
    ModelManifest manifest = found.manifest();
    List<FileProblem> problems = found.verify(output, "proving");
    if (!problems.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "%s in store %s: %d of its files not as published, so it is not signed; 'tidemill model verify %s' names them"
              .formatted(manifest.ref(), found.store().uri(), problems.size(), manifest.ref()));
    }
    DetachedSignature signature = signing.sign(manifest);
    if (!dryRun.asked()) {
      found.store().addSignature(manifest.name(), manifest.version(), signature);
    }
    output.print(
        new View(
            manifest.ref().toString(), manifest.digest(), signature.fingerprint(), !dryRun.asked()),
        "%s %s key %s"
            .formatted(
                found,
                dryRun.asked() ? "would be signed by" : "is signed by",
                signature.fingerprint()));
  }

  private SigningKey signingKey() {
    try {
      return SigningKey.read(key);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }
}
