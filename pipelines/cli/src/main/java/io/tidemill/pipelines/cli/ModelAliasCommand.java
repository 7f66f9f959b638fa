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
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model alias}. */
@Command(
    name = "alias",
    description = {
      "Make NAME@ALIAS mean a version, or take an alias away.",
      "Running jobs keep the version that they were planned with.",
      "Taking one away asks first, and so does changing one that the",
      "store's policy counts as production."
    },
    mixinStandardHelpOptions = true)
final class ModelAliasCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "NAME:VERSION as in fraud:1.4.2; with --delete NAME@ALIAS.")
  private @Nullable ModelRef ref;

  @Parameters(index = "1", arity = "0..1", paramLabel = "ALIAS", description = "As in production.")
  private @Nullable String alias;

  @Option(names = "--delete", description = "Take NAME@ALIAS away; its version stays.")
  private boolean delete;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private DryRunOption dryRun = new DryRunOption();
  @Mixin private ConfirmOption confirmation;

  ModelAliasCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.confirmation = new ConfirmOption(terminal);
  }

  @Override
  public Integer call() {
    if (delete) {
      remove();
    } else {
      move();
    }
    return ExitCode.DONE;
  }

  private void remove() {
    ModelRef model = ref;
    String name = model == null ? null : model.alias();
    if (model == null || name == null || alias != null) {
      throw new ParameterException(
          spec.commandLine(),
          "alias to delete: '%s' (expected: name@alias alone, as in fraud@production)"
              .formatted(alias == null ? model : model + " " + alias));
    }
    ModelStore store = storeOption.open(environment);
    SemanticVersion meant = store.resolve(model).version();
    if (!dryRun.asked()) {
      confirmation.confirm(spec, "take away " + model + ", which means " + meant);
      store.removeAlias(model.name(), name);
    }
    print(
        answer(model.name(), name, null, meant),
        "%s%s is taken away (was %s)".formatted(would(), model, meant));
  }

  private void move() {
    VersionArgument to = VersionArgument.of(spec, ref);
    String name = alias;
    if (name == null) {
      throw new ParameterException(
          spec.commandLine(), "alias: none (expected: a name as in production)");
    }
    ModelStore store = storeOption.open(environment);
    SemanticVersion before = before(store, to, name);
    if (!dryRun.asked() && !to.version().equals(before)) {
      if (store.policy().isProduction(name)) {
        confirmation.confirm(
            spec,
            "make %s@%s mean %s%s"
                .formatted(
                    to.name(), name, to.version(), before == null ? "" : " instead of " + before));
      }
      store.alias(to.name(), name, to.version());
    }
    print(answer(to.name(), name, to.version(), before), moved(to, name, before));
  }

  private String moved(VersionArgument to, String name, @Nullable SemanticVersion before) {
    String what = would() + to.name() + "@" + name;
    if (before == null) {
      return what + " is " + to.version();
    }
    return before.equals(to.version())
        ? what + " is " + before + " already"
        : what + ": " + before + " -> " + to.version();
  }

  private @Nullable SemanticVersion before(ModelStore store, VersionArgument to, String name) {
    try {
      ModelRef.checkName("alias", name);
      store.checkAlias(to.name(), name, to.version());
      return store.aliases(to.name()).get(name);
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(
          spec.commandLine(), String.valueOf(refused.getMessage()), refused);
    }
  }

  private String would() {
    return dryRun.asked() ? "dry run: " : "";
  }

  private static Map<String, Object> answer(
      String name,
      String alias,
      @Nullable SemanticVersion version,
      @Nullable SemanticVersion before) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", name);
    answer.put("alias", alias);
    answer.put("version", version == null ? null : version.toString());
    answer.put("before", before == null ? null : before.toString());
    return answer;
  }

  private void print(Map<String, Object> answer, String line) {
    PrintWriter out = spec.commandLine().getOut();
    output.print(out, answer, () -> out.println(line));
  }
}
