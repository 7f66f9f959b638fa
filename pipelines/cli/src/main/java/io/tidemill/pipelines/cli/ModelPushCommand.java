package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.importing.DetectedModel;
import io.tidemill.model.importing.ModelImport;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill model push}. */
@Command(
    name = "push",
    description = {
      "Publish a version from what you have; engine and signature are found.",
      "It takes a SavedModel, a base path of TensorFlow Serving, a Triton repository,",
      "an MLflow model, what 'export' wrote, an ONNX, TorchScript, XGBoost or LightGBM",
      "file, or a .tar, .tar.gz or .zip of one. A version never changes; pushing the",
      "same files again does nothing."
    },
    mixinStandardHelpOptions = true)
final class ModelPushCommand implements Runnable {
  // A path has one slash where the URI that it was made of had two.
  private static final Pattern URI = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]+:/.*");

  @Parameters(index = "0", paramLabel = "PATH", description = "The file or folder.")
  private Path path;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME:VERSION",
      description = "As in fraud:1.4.2. Default: what the files say.")
  private @Nullable VersionArgument asked;

  @Mixin private SourceOptions source;

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "What to find the version by again, as in training-run=42.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(
      names = "--allow-operation",
      paramLabel = "OPERATION",
      description = {
        "Publish although the graph has it, as in ReadFile.",
        "Whoever runs the model must allow it too, with -D" + AllowedOperations.PROPERTY + "=…"
      })
  private List<String> allowed = List.of();

  @Mixin private StoreOption storeOption;
  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;

  /**
   * What JSON has of a version that was pushed.
   *
   * @param found what the path turned out to be
   * @param leftOut what was there and is not published
   */
  private record View(@JsonUnwrapped ModelView model, String found, List<String> leftOut) {}

  @Override
  public void run() {
    checkPath();
    try (ModelImport imported = ModelImport.open(path, source.options())) {
      DetectedModel model = imported.model();
      ModelDraft draft = draft(model);
      checkOperations(model, draft.name());
      ModelStore store = storeOption.open();
      ModelManifest manifest;
      try {
        manifest = publish(store, draft, model.files());
      } catch (StoreRefusedException refused) {
        throw explained(refused, store, draft);
      }
      int signatures = addSignatures(store, manifest, model);
      output.print(
          new View(ModelView.of(manifest), model.format(), imported.leftOut()),
          out -> print(out, imported, manifest, store.uri(), signatures));
    } catch (UncheckedIOException unreadable) {
      throw new CommandFailedException(
          ExitCode.FAILED, String.valueOf(unreadable.getMessage()), unreadable);
    }
  }

  private void checkPath() {
    if (!Files.exists(path)) {
      throw refused(
          path
              + (URI.matcher(path.toString()).matches()
                  ? ": a URI (expected: a path of this machine; copy the model here first)"
                  : ": no such file or folder (expected: the model's)"));
    }
  }

  private ModelDraft draft(DetectedModel model) {
    String name = asked == null ? model.name() : asked.name();
    SemanticVersion version = asked == null ? model.version() : asked.version();
    if (name == null || version == null) {
      throw refused(
          "%s: %s without name and version (expected: NAME:VERSION after it, as in fraud:1.4.2)"
              .formatted(path, model.format()));
    }
    Map<String, String> all = new LinkedHashMap<>();
    Engines.here()
        .named(model.engine())
        .ifPresent(engine -> all.putAll(engine.labels(model.files())));
    all.putAll(model.labels());
    all.putAll(labels);
    try {
      return new ModelDraft(name, version, model.engine(), model.signature(), all, model.origin());
    } catch (IllegalArgumentException wrong) {
      throw new CommandFailedException(wrong);
    }
  }

  /** Who pushes should know what whoever loads it will be told. */
  private void checkOperations(DetectedModel model, String name) {
    Engines.here()
        .named(model.engine())
        .ifPresent(
            engine ->
                AllowedOperations.ofProcess()
                    .and(allowed)
                    .check(
                        name,
                        path.toString(),
                        engine.operations(model.files(), model.signature())));
  }

  private ModelManifest publish(ModelStore store, ModelDraft draft, Path files) {
    if (dryRun.asked()) {
      return store.plan(draft, files);
    }
    try (TransferProgress progress =
        output.progress("pushing " + draft.name() + ":" + draft.version())) {
      return store.push(draft, files, progress);
    }
  }

  /** What the store says, and the option that it does not know. */
  private static StoreRefusedException explained(
      StoreRefusedException refused, ModelStore store, ModelDraft draft) {
    Set<String> missing = new TreeSet<>(store.requiredLabels());
    missing.removeAll(draft.labels().keySet());
    if (missing.isEmpty() || store.find(draft.name(), draft.version()).isPresent()) {
      return refused;
    }
    return new StoreRefusedException(
        "%s; give labels as in --label %s=…"
            .formatted(refused.getMessage(), String.join("=… --label ", missing)),
        refused);
  }

  /** Signatures name what they are of, so they are good for the very same version only. */
  private int addSignatures(ModelStore store, ModelManifest manifest, DetectedModel model) {
    if (!manifest.equals(model.origin())) {
      return 0;
    }
    if (!dryRun.asked()) {
      store.addLackingSignatures(manifest.name(), manifest.version(), model.signatures());
    }
    return model.signatures().size();
  }

  private static CommandFailedException refused(String message) {
    return new CommandFailedException(ExitCode.USAGE, message);
  }

  private void print(
      PrintWriter out, ModelImport imported, ModelManifest manifest, String store, int signatures) {
    out.printf("%s  %s%n", dryRun.asked() ? "dry run: would publish" : "published", manifest.ref());
    out.printf("found      %s%n", imported.model().format());
    out.printf("store      %s%n", store);
    out.printf("digest     %s%n", manifest.digest());
    out.printf("engine     %s%n", manifest.engine());
    manifest.signature().inputs().forEach(tensor -> out.printf("input      %s%n", tensor));
    manifest.signature().outputs().forEach(tensor -> out.printf("output     %s%n", tensor));
    manifest.signature().notes().forEach(note -> out.printf("calls      %s%n", note));
    out.printf("files      %d, %,d bytes%n", manifest.files().size(), manifest.bytes());
    if (!imported.leftOut().isEmpty()) {
      out.printf("left out   %s%n", String.join(", ", imported.leftOut()));
    }
    if (signatures > 0) {
      out.printf("signed by  %d keys, as it was%n", signatures);
    }
  }
}
