package io.tidemill.pipelines.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.tidemill.model.engine.Engines;
import io.tidemill.model.engine.Operation;
import io.tidemill.model.store.ModelFile;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemill model inspect}. */
@Command(
    name = "inspect",
    description = {
      "Show everything that a version says of itself.",
      "'verify' proves that its files are so."
    },
    mixinStandardHelpOptions = true)
final class ModelInspectCommand implements Runnable {
  @Mixin private ModelArgument model;

  @Option(
      names = "--operations",
      description = {
        "List what the model's graph does too, and what of it",
        "is refused; this fetches the files into the cache."
      })
  private boolean withOperations;

  @Mixin private Output output;

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
  public void run() {
    FoundModel found = model.find();
    ModelManifest manifest = found.manifest();
    List<Operation> operations = withOperations ? operations(found) : null;
    View view =
        new View(
            ModelView.of(manifest, found.store().aliases(manifest.name())),
            found.store().uri(),
            manifest.files(),
            LocalModelCache.ofUser().find(manifest.digest()).map(Path::toString).orElse(null),
            operations);
    output.print(view, out -> print(out, manifest, view));
  }

  private List<Operation> operations(FoundModel found) {
    ModelManifest manifest = found.manifest();
    List<Operation> operations;
    try (CachedModel copy = found.cached(output, "pulling")) {
      operations =
          Engines.here().find(manifest.engine()).operations(copy.files(), manifest.signature());
    }
    if (operations.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "%s: engine '%s' lists no operations (expected: one whose models can do more than compute)"
              .formatted(manifest.ref(), manifest.engine()));
    }
    return operations;
  }

  private static void print(PrintWriter out, ModelManifest manifest, View view) {
    List<String> aliases = view.model().aliases();
    out.printf("model    %s%n", manifest.ref());
    out.printf("store    %s%n", view.store());
    out.printf("digest   %s%n", manifest.digest());
    out.printf("engine   %s%n", manifest.engine());
    out.printf("created  %s%n", manifest.created());
    out.printf("aliases  %s%n", aliases.isEmpty() ? "none" : String.join(" ", aliases));
    manifest
        .labels()
        .forEach(
            (key, value) ->
                out.printf("label    %s%n", (key + "=" + value).replace("\n", "\n         ")));
    manifest.signature().inputs().forEach(tensor -> out.printf("input    %s%n", tensor));
    manifest.signature().outputs().forEach(tensor -> out.printf("output   %s%n", tensor));
    manifest.signature().notes().forEach(note -> out.printf("calls    %s%n", note));
    out.printf("cache    %s%n", view.cache() == null ? "not on this machine" : view.cache());
    out.printf("files    %d, %,d bytes%n%n", manifest.files().size(), manifest.bytes());
    TextTable table = new TextTable("FILE", "BYTES", "SHA-256");
    manifest
        .files()
        .forEach(file -> table.add(file.path(), "%,d".formatted(file.size()), file.sha256()));
    table.print(out);
    if (view.operations() != null) {
      print(out, view.operations());
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
}
