package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model alias}. */
@Command(
    name = "alias",
    description = {
      "Make NAME@ALIAS mean a version.",
      "Running jobs keep the version that they were planned with."
    },
    mixinStandardHelpOptions = true)
final class ModelAliasCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "NAME:VERSION", description = "As in fraud:1.4.2.")
  private @Nullable ModelRef ref;

  @Parameters(index = "1", paramLabel = "ALIAS", description = "As in production.")
  private String alias = "";

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelAliasCommand(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  @Override
  public Integer call() {
    ModelRef model = ref;
    SemanticVersion version = model == null ? null : model.version();
    if (model == null || version == null) {
      throw new ParameterException(
          spec.commandLine(), "model: '" + model + "' (expected: name:version as in fraud:1.4.2)");
    }
    ModelStore store = storeOption.open(environment);
    SemanticVersion before = move(store, model.name(), version);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", model.name());
    answer.put("alias", alias);
    answer.put("version", version.toString());
    answer.put("before", before == null ? null : before.toString());
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        answer,
        () ->
            out.printf(
                "%s@%s is %s%s%n",
                model.name(), alias, version, before == null ? "" : " (was " + before + ")"));
    return ExitCode.DONE;
  }

  private @Nullable SemanticVersion move(ModelStore store, String name, SemanticVersion version) {
    try {
      ModelRef.checkName("alias", alias);
      SemanticVersion before = store.aliases(name).get(alias);
      store.alias(name, alias, version);
      return before;
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(
          spec.commandLine(), String.valueOf(refused.getMessage()), refused);
    }
  }
}
