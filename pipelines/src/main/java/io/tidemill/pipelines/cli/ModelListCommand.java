package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model list}. */
@Command(
    name = "list",
    description = "List the versions of all models, or of one.",
    mixinStandardHelpOptions = true)
final class ModelListCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "A model. Default: all of them.")
  private @Nullable String name;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelListCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    ModelStore store = storeOption.open(environment);
    List<ModelView> versions = new ArrayList<>();
    for (String model : name == null ? store.models() : List.of(checked(name))) {
      Map<String, SemanticVersion> aliases = store.aliases(model);
      for (ModelManifest manifest : store.versions(model)) {
        versions.add(
            ModelView.of(manifest, VersionArgument.namesOf(manifest.version(), aliases), null));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    output.print(out, versions, () -> print(out, versions, store.uri()));
    return ExitCode.DONE;
  }

  private String checked(String model) {
    try {
      return ModelRef.checkName("model name", model);
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(spec.commandLine(), String.valueOf(refused.getMessage()));
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
