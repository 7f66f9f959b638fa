package io.tidemill.pipelines.cli;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill model list}. */
@Command(
    name = "list",
    description = {
      "List the versions of all models, or of one.",
      "A version whose manifest is damaged does not hide the others: it is reported,",
      "and the exit code is 3."
    },
    mixinStandardHelpOptions = true)
final class ModelListCommand implements Runnable {
  @Parameters(arity = "0..1", paramLabel = "NAME", description = "A model. Default: all of them.")
  private @Nullable String name;

  @Mixin private StoreOption storeOption;
  @Mixin private Output output;

  @Override
  public void run() {
    ModelStore store = storeOption.open();
    List<ModelView> versions = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    for (String model : name == null ? store.models() : List.of(checked(name))) {
      add(store, model, versions, damaged);
    }
    if (damaged.isEmpty() || !versions.isEmpty() || !output.forPeople()) {
      output.print(versions, out -> print(out, versions, store.uri()));
    }
    if (!damaged.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "store %s: not everything can be listed:%n%s"
              .formatted(store.uri(), String.join(System.lineSeparator(), damaged)));
    }
  }

  /** One damaged version hides neither the others nor itself. */
  private static void add(
      ModelStore store, String model, List<ModelView> versions, List<String> damaged) {
    List<SemanticVersion> there = store.versions(model);
    Map<String, SemanticVersion> aliases =
        store.aliases(model, broken -> damaged.add(String.valueOf(broken.getMessage())));
    for (SemanticVersion version : there) {
      unlessDamaged(() -> store.manifest(model, version), damaged)
          .map(manifest -> ModelView.of(manifest, aliases))
          .ifPresent(versions::add);
    }
  }

  private static <T> Optional<T> unlessDamaged(Supplier<T> reading, List<String> damaged) {
    try {
      return Optional.of(reading.get());
    } catch (InvalidModelException broken) {
      damaged.add(String.valueOf(broken.getMessage()));
      return Optional.empty();
    }
  }

  private static String checked(String model) {
    try {
      return ModelRef.checkName("model name", model);
    } catch (IllegalArgumentException refused) {
      throw new CommandFailedException(refused);
    }
  }

  private static void print(PrintWriter out, List<ModelView> versions, String store) {
    if (versions.isEmpty()) {
      out.println("No models in " + store + "; publish one with 'tidemill model push'.");
      return;
    }
    TextTable table = new TextTable("MODEL", "ALIASES", "ENGINE", "BYTES", "CREATED", "DIGEST");
    for (ModelView version : versions) {
      table.add(
          version.name() + ":" + version.version(),
          String.join(" ", version.aliases()),
          version.engine(),
          "%,d".formatted(version.bytes()),
          version.created(),
          version.digest());
    }
    table.print(out);
  }
}
