package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.importing.archive.ModelExport;
import io.tidemill.model.store.CachedModel;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.LocalModelCache;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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

/** {@code tidemill model export}. */
@Command(
    name = "export",
    description = {
      "Write a version into one file, a tar.",
      "It holds the manifest and signatures too, and 'import' reads it into another",
      "store. The same version gives the same bytes."
    },
    mixinStandardHelpOptions = true)
final class ModelExportCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "MODEL", description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "As in fraud-1.4.2.tar; not there yet.")
  private Path file = Path.of("");

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelExportCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (Files.exists(file)) {
      throw new ParameterException(spec.commandLine(), file + ": exists (expected: a new file)");
    }
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = VersionArgument.manifest(spec, store, ref);
    List<DetachedSignature> signatures = store.signatures(manifest.name(), manifest.version());
    try (TransferProgress progress =
            TransferProgress.of(spec, terminal, output, "exporting " + manifest.ref());
        CachedModel copy = LocalModelCache.ofUser().open(store, manifest, progress)) {
      ModelExport.write(manifest, copy.files(), signatures, file);
    } catch (IOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED, file + ": cannot be written: " + unwritable, unwritable);
    }
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        ModelView.of(manifest, List.of(), file.toString()),
        () -> out.printf("%s (%s) is in %s%n", manifest.ref(), manifest.digest(), file));
    return ExitCode.DONE;
  }
}
