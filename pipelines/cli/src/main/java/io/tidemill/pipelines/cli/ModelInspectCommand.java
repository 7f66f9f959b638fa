package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.tidemill.model.ModelRef;
import io.tidemill.model.engine.Operation;
import io.tidemill.model.engine.OperationReader;
import io.tidemill.model.store.CachedModel;
import io.tidemill.model.store.LocalModelCache;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model inspect}. */
@Command(
    name = "inspect",
    description = {
      "Show everything that a version says of itself.",
      "'verify' proves that its files are so."
    },
    mixinStandardHelpOptions = true)
final class ModelInspectCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "MODEL", description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Option(
      names = "--operations",
      description = {
        "List what the model's graph does too, and what of it",
        "is refused; this fetches the files into the cache."
      })
  private boolean withOperations;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelInspectCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  /**
   * What JSON has of a version.
   *
   * @param cache where this machine's copy is; null if there is none
   * @param operations of the model's graph; null where nobody asked for them
   */
  private record View(
      @JsonUnwrapped ModelView model,
      String store,
      List<ModelFile> content,
      @Nullable String cache,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<Operation> operations) {}

  @Override
  public Integer call() {
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = VersionArgument.manifest(spec, store, ref);
    List<String> aliases =
        VersionArgument.namesOf(manifest.version(), store.aliases(manifest.name()));
    List<Operation> operations = withOperations ? operations(store, manifest) : null;
    String cache =
        LocalModelCache.ofUser().find(manifest.digest()).map(Path::toString).orElse(null);
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        new View(
            ModelView.of(manifest, aliases, null),
            store.uri(),
            manifest.files(),
            cache,
            operations),
        () -> {
          print(out, manifest, aliases, store.uri(), cache);
          if (operations != null) {
            print(out, operations);
          }
        });
    return ExitCode.DONE;
  }

  private List<Operation> operations(ModelStore store, ModelManifest manifest) {
    OperationReader reader =
        OperationReader.of(manifest.engine())
            .orElseThrow(
                () ->
                    new CommandFailedException(
                        ExitCode.MODEL,
                        "%s: engine '%s' lists no operations (expected: tensorflow, with its jar here)"
                            .formatted(manifest.ref(), manifest.engine()),
                        null));
    try (TransferProgress progress =
            TransferProgress.of(spec, terminal, output, "pulling " + manifest.ref());
        CachedModel copy = LocalModelCache.ofUser().open(store, manifest, progress)) {
      return reader.operations(copy.files());
    }
  }

  private static void print(PrintWriter out, List<Operation> operations) {
    out.println();
    TextTable table = new TextTable("OPERATION", "COUNT", "REFUSED BECAUSE IT");
    operations.forEach(
        operation ->
            table.add(operation.name(), "%,d".formatted(operation.count()), operation.danger()));
    table.print(out);
  }

  private static void print(
      PrintWriter out,
      ModelManifest manifest,
      List<String> aliases,
      String store,
      @Nullable String cache) {
    out.printf("model    %s%n", manifest.ref());
    out.printf("store    %s%n", store);
    out.printf("digest   %s%n", manifest.digest());
    out.printf("engine   %s%n", manifest.engine());
    out.printf("created  %s%n", manifest.created());
    out.printf("aliases  %s%n", aliases.isEmpty() ? "none" : String.join(" ", aliases));
    manifest.labels().forEach((key, value) -> out.printf("label    %s=%s%n", key, value));
    manifest.signature().inputs().forEach(tensor -> out.printf("input    %s%n", tensor));
    manifest.signature().outputs().forEach(tensor -> out.printf("output   %s%n", tensor));
    out.printf("cache    %s%n", cache == null ? "not on this machine" : cache);
    out.printf("files    %d, %,d bytes%n%n", manifest.files().size(), manifest.bytes());
    TextTable table = new TextTable("FILE", "BYTES", "SHA-256");
    manifest
        .files()
        .forEach(file -> table.add(file.path(), "%,d".formatted(file.size()), file.sha256()));
    table.print(out);
  }
}
