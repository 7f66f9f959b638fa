package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.OperationReader;
import io.tidemill.model.engine.SignatureReaders;
import io.tidemill.model.importing.OnnxExternalFiles;
import io.tidemill.model.importing.archive.ArchiveKind;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.RefusedFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model push}. */
@Command(
    name = "push",
    description = {
      "Publish a version of a model.",
      "It never changes; pushing the same files again does nothing. 'import' finds the",
      "engine by itself, and takes more kinds of files."
    },
    mixinStandardHelpOptions = true)
final class ModelPushCommand implements Callable<Integer> {
  private static final String TENSORFLOW = "tensorflow";
  private static final String ONNX = "onnx";
  private static final String PYTORCH = "pytorch";

  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "NAME:VERSION", description = "As in fraud:1.4.2.")
  private @Nullable ModelRef ref;

  @Parameters(index = "1", paramLabel = "PATH", description = "The model's file or folder.")
  private Path files = Path.of("");

  @Option(
      names = "--engine",
      paramLabel = "ENGINE",
      defaultValue = TENSORFLOW,
      description =
          "What loads the model: tensorflow, onnx, pytorch, xgboost, lightgbm (default: ${DEFAULT-VALUE}).")
  private String engine = "";

  @Option(
      names = "--input-tensor",
      paramLabel = "TENSOR",
      description = {
        "An input, as in 'features float32[-1, 4]'; -1 is the batch.",
        "Default: what the model's files say, which it must not contradict."
      })
  private List<TensorSpec> inputs = List.of();

  @Option(
      names = "--output-tensor",
      paramLabel = "TENSOR",
      description = "An output, as in 'score float32[-1, 1]'.")
  private List<TensorSpec> outputs = List.of();

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      description = "What to find the version by again, as in training-run=42.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private DryRunOption dryRun = new DryRunOption();

  ModelPushCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    VersionArgument version = VersionArgument.of(spec, ref);
    EngineOption.check(spec, engine);
    LocalPath.check(spec, files);
    checkFiles();
    ModelDraft draft = draft(version.name(), version.version());
    checkOperations(draft);
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = publish(store, draft);
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out, ModelView.of(manifest, List.of(), null), () -> print(out, manifest, store.uri()));
    return ExitCode.DONE;
  }

  /** What would be refused, or published without a part of it, for a reason of its own. */
  private void checkFiles() {
    if (!Files.isRegularFile(files)) {
      return;
    }
    try {
      RefusedFormat.check(files.toString(), files);
      Optional<ArchiveKind> archive = ArchiveKind.of(files);
      if (archive.isPresent() && !isScript(archive.get())) {
        throw refused(
            "%s: an archive (expected: what is in it, or 'tidemill model import', which unpacks it)"
                .formatted(files));
      }
      if (engine.equals(TENSORFLOW)) {
        throw refused(
            "%s: a file, but engine 'tensorflow' takes the folder of a SavedModel (expected: another --engine, or 'tidemill model import', which finds it)"
                .formatted(files));
      }
      Set<String> weights = engine.equals(ONNX) ? OnnxExternalFiles.of(files) : Set.of();
      if (!weights.isEmpty()) {
        throw refused(
            "%s: its weights are in %s beside it (expected: the folder that holds them all, or 'tidemill model import', which takes them along)"
                .formatted(files, String.join(", ", weights)));
      }
    } catch (IOException unreadable) {
      throw new CommandFailedException(
          ExitCode.FAILED, files + ": cannot be read: " + unreadable, unreadable);
    }
  }

  /** A TorchScript is a zip. */
  private boolean isScript(ArchiveKind kind) {
    return kind == ArchiveKind.ZIP && engine.equals(PYTORCH);
  }

  /** Who pushes should know what whoever loads it will be told. */
  private void checkOperations(ModelDraft draft) {
    OperationReader.of(draft.engine())
        .ifPresent(
            reader ->
                AllowedOperations.ofProcess()
                    .check(draft.name(), files.toString(), reader.operations(files)));
  }

  private ModelManifest publish(ModelStore store, ModelDraft draft) {
    if (dryRun.asked()) {
      return store.plan(draft, files);
    }
    try (TransferProgress progress =
        TransferProgress.of(
            spec, terminal, output, "pushing " + draft.name() + ":" + draft.version())) {
      return store.push(draft, files, progress);
    }
  }

  private ModelDraft draft(String name, SemanticVersion version) {
    Signature signature = signature();
    try {
      return new ModelDraft(name, version, engine, signature, labels);
    } catch (IllegalArgumentException refused) {
      throw refused(String.valueOf(refused.getMessage()));
    }
  }

  private Signature signature() {
    if (inputs.isEmpty() && outputs.isEmpty()) {
      return SignatureReaders.of(engine)
          .orElseThrow(
              () ->
                  refused(
                      "engine '%s' finds no signature in a model's files (expected: --input-tensor and --output-tensor, or one of the engines that do: %s)"
                          .formatted(engine, String.join(", ", SignatureReaders.engines()))))
          .read(files);
    }
    Signature given;
    try {
      given = new Signature(inputs, outputs);
    } catch (IllegalArgumentException refused) {
      throw refused(String.valueOf(refused.getMessage()));
    }
    SignatureReaders.of(engine).ifPresent(reader -> SignatureReaders.check(reader, files, given));
    return given;
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(PrintWriter out, ModelManifest manifest, String store) {
    out.printf("%s  %s%n", dryRun.asked() ? "dry run: would publish" : "published", manifest.ref());
    out.printf("store      %s%n", store);
    out.printf("digest     %s%n", manifest.digest());
    manifest.signature().inputs().forEach(tensor -> out.printf("input      %s%n", tensor));
    manifest.signature().outputs().forEach(tensor -> out.printf("output     %s%n", tensor));
    out.printf("files      %d, %,d bytes%n", manifest.files().size(), manifest.bytes());
  }
}
