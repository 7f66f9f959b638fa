package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.Signature;
import io.tidemill.model.TensorSpec;
import io.tidemill.model.loader.SignatureReaders;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.nio.file.Files;
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

/** {@code tidemill model push}. */
@Command(
    name = "push",
    description = {
      "Publish a version of a model. A published version never changes;",
      "pushing the same files again does nothing."
    },
    mixinStandardHelpOptions = true)
final class ModelPushCommand implements Callable<Integer> {
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
      defaultValue = "tensorflow",
      description = "What loads the model (default: ${DEFAULT-VALUE}).")
  private String engine = "";

  @Option(
      names = "--input-tensor",
      paramLabel = "TENSOR",
      description = {
        "An input, as in 'features float32[-1, 4]'; -1 is the batch.",
        "Default: what the model's files say."
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
    if (!Files.exists(files)) {
      throw refused(files + ": no such file or folder (expected: the model's)");
    }
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = publish(store, draft(version.name(), version.version()));
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out, ModelView.of(manifest, List.of(), null), () -> print(out, manifest, store.uri()));
    return ExitCode.DONE;
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
                      "engine '%s' finds no signature in a model's files (expected: --input-tensor and --output-tensor)"
                          .formatted(engine)))
          .read(files);
    }
    try {
      return new Signature(inputs, outputs);
    } catch (IllegalArgumentException refused) {
      throw refused(String.valueOf(refused.getMessage()));
    }
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
