package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.signing.SignatureVerifier;
import io.tidemill.model.store.signing.VerificationKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
final class ModelVerifyCommand implements Runnable {
  @Mixin private ModelArgument model;

  @Option(
      names = "--key",
      paramLabel = "PUBLIC.pem",
      description = "An EC public key; given more than once, one of them must have signed.")
  private List<Path> keys = List.of();

  @Mixin private Output output;

  /** What JSON has of a verified version. */
  private record View(
      String name,
      String version,
      String digest,
      boolean verified,
      List<Problem> problems,
      @Nullable String key) {}

  /** What JSON has of a file that is not as published. */
  private record Problem(String path, String kind, String detail) {
    static Problem of(FileProblem problem) {
      return new Problem(
          problem.path(), problem.kind().name().toLowerCase(Locale.ROOT), problem.detail());
    }
  }

  @Override
  public void run() {
    List<VerificationKey> trusted = trustedKeys();
    FoundModel found = model.find();
    ModelManifest manifest = found.manifest();
    String key = trusted.isEmpty() ? null : signer(found, trusted);
    List<Problem> problems = found.verify(output, "verifying").stream().map(Problem::of).toList();
    output.print(
        new View(
            manifest.name(),
            manifest.version().toString(),
            manifest.digest(),
            problems.isEmpty(),
            problems,
            key),
        out -> print(out, found, problems, key));
    if (!problems.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "%s in store %s: %d of its files not as published; no job loads it, publish the version again under another number"
              .formatted(manifest.ref(), found.store().uri(), problems.size()));
    }
  }

  private List<VerificationKey> trustedKeys() {
    try {
      return keys.stream().map(VerificationKey::read).toList();
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }

  private static String signer(FoundModel found, List<VerificationKey> trusted) {
    return new SignatureVerifier(trusted)
        .verify(found.manifest(), found.signatures())
        .fingerprint();
  }

  private static void print(
      PrintWriter out, FoundModel found, List<Problem> problems, @Nullable String key) {
    if (problems.isEmpty()) {
      out.printf(
          "%s is as published: %d files, %s%s%n",
          found,
          found.manifest().files().size(),
          new ByteSize(found.manifest().bytes()),
          key == null ? "" : ", signed by key " + key);
      return;
    }
    TextTable table = new TextTable("FILE", "PROBLEM", "DETAIL");
    problems.forEach(problem -> table.add(problem.path(), problem.kind(), problem.detail()));
    table.print(out);
  }
}
