package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.engine.AllowedOperations;
import io.tidemill.model.engine.OperationReader;
import io.tidemill.model.importing.DetectedModel;
import io.tidemill.model.importing.ImportOptions;
import io.tidemill.model.importing.ModelImport;
import io.tidemill.model.importing.archive.ArchiveLimits;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
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

/** {@code tidemill model import}. */
@Command(
    name = "import",
    description = {
      "Publish a version from what you have; engine and signature are found.",
      "It takes a SavedModel, a base path of TensorFlow Serving, a Triton repository,",
      "an MLflow model, what 'export' wrote, an ONNX, TorchScript, XGBoost or LightGBM",
      "file, or a .tar, .tar.gz or .zip of one."
    },
    mixinStandardHelpOptions = true)
final class ModelImportCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "PATH", description = "The file or folder.")
  private Path path = Path.of("");

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME:VERSION",
      description = "As in fraud:1.4.2. Default: what the files say.")
  private @Nullable ModelRef ref;

  @Option(names = "--engine", paramLabel = "ENGINE", description = "Where the files fit several.")
  private @Nullable String engine;

  @Option(
      names = "--signature",
      paramLabel = "NAME",
      description = "Which signature of a SavedModel, as in serving_default.")
  private @Nullable String signatureName;

  @Option(
      names = "--number",
      paramLabel = "N",
      description = "Which of the numbered folders. Default: the highest.")
  private @Nullable Integer number;

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

  @Option(
      names = "--allow-operation",
      paramLabel = "OPERATION",
      description = {
        "Publish although the graph has it, as in ReadFile.",
        "Whoever runs the model must allow it too, with -D" + AllowedOperations.PROPERTY + "=…"
      })
  private List<String> allowed = List.of();

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      description = "How much an archive may unpack to. Default: 32GiB, and 16GiB for a file.")
  private @Nullable ByteSize maxSize;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private DryRunOption dryRun = new DryRunOption();

  ModelImportCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    LocalPath.check(spec, path);
    VersionArgument asked = ref == null ? null : VersionArgument.of(spec, ref);
    if (engine != null) {
      EngineOption.check(spec, engine);
    }
    try (ModelImport imported = ModelImport.open(path, options())) {
      DetectedModel model = imported.model();
      ModelDraft draft = draft(model, asked);
      checkOperations(model, draft.name());
      ModelStore store = storeOption.open(environment);
      ModelManifest manifest = publish(store, draft, model.files());
      int signatures = addSignatures(store, manifest, model);
      PrintWriter out = spec.commandLine().getOut();
      output.print(
          out,
          ModelView.of(manifest, List.of(), null),
          () -> print(out, model, manifest, store.uri(), signatures));
      return ExitCode.DONE;
    } catch (UncheckedIOException unreadable) {
      throw new CommandFailedException(
          ExitCode.FAILED, String.valueOf(unreadable.getMessage()), unreadable);
    }
  }

  private ImportOptions options() {
    ArchiveLimits limits = ArchiveLimits.DEFAULT;
    try {
      if (maxSize != null) {
        limits = new ArchiveLimits(maxSize, maxSize, limits.entries(), limits.ratio());
      }
      Signature signature =
          inputs.isEmpty() && outputs.isEmpty() ? null : new Signature(inputs, outputs);
      if (signature != null && signatureName != null) {
        throw new IllegalArgumentException(
            "--signature: '%s' beside --input-tensor and --output-tensor (expected: the one or the others)"
                .formatted(signatureName));
      }
      return new ImportOptions(engine, signature, signatureName, number, limits);
    } catch (IllegalArgumentException wrong) {
      throw refused(String.valueOf(wrong.getMessage()));
    }
  }

  private ModelDraft draft(DetectedModel model, @Nullable VersionArgument asked) {
    String name = asked == null ? model.name() : asked.name();
    SemanticVersion version = asked == null ? model.version() : asked.version();
    if (name == null || version == null) {
      throw refused(
          "%s: %s without name and version (expected: NAME:VERSION after it, as in fraud:1.4.2)"
              .formatted(path, model.format()));
    }
    Map<String, String> all = new LinkedHashMap<>(model.labels());
    all.putAll(labels);
    try {
      return new ModelDraft(name, version, model.engine(), model.signature(), all);
    } catch (IllegalArgumentException wrong) {
      throw refused(String.valueOf(wrong.getMessage()));
    }
  }

  private void checkOperations(DetectedModel model, String name) {
    OperationReader.of(model.engine())
        .ifPresent(
            reader ->
                AllowedOperations.ofProcess()
                    .and(allowed)
                    .check(name, path.toString(), reader.operations(model.files())));
  }

  private ModelManifest publish(ModelStore store, ModelDraft draft, Path files) {
    if (dryRun.asked()) {
      return store.plan(draft, files);
    }
    try (TransferProgress progress =
        TransferProgress.of(
            spec, terminal, output, "importing " + draft.name() + ":" + draft.version())) {
      return store.push(draft, files, progress);
    }
  }

  /** Signatures name what they are of, so they are good for the same version only. */
  private int addSignatures(ModelStore store, ModelManifest manifest, DetectedModel model) {
    boolean same =
        manifest.name().equals(model.name())
            && manifest.version().equals(model.version())
            && manifest.digest().equals(model.digest());
    if (!same) {
      return 0;
    }
    if (!dryRun.asked()) {
      model
          .signatures()
          .forEach(one -> store.addSignature(manifest.name(), manifest.version(), one));
    }
    return model.signatures().size();
  }

  private ParameterException refused(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(
      PrintWriter out, DetectedModel model, ModelManifest manifest, String store, int signatures) {
    out.printf("%s  %s%n", dryRun.asked() ? "dry run: would publish" : "published", manifest.ref());
    out.printf("found      %s%n", model.format());
    out.printf("store      %s%n", store);
    out.printf("digest     %s%n", manifest.digest());
    out.printf("engine     %s%n", manifest.engine());
    manifest.signature().inputs().forEach(tensor -> out.printf("input      %s%n", tensor));
    manifest.signature().outputs().forEach(tensor -> out.printf("output     %s%n", tensor));
    out.printf("files      %d, %,d bytes%n", manifest.files().size(), manifest.bytes());
    if (signatures > 0) {
      out.printf("signed by  %d keys, as it was%n", signatures);
    }
  }
}
