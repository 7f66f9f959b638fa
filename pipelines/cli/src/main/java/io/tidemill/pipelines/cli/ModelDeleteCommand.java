package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill model delete}. */
@Command(
    name = "delete",
    description = {
      "Delete a version from the store, for ever.",
      "Refused while an alias means it, and where the store's policy says so.",
      "Jobs that are pinned to it start no more, except from a local cache."
    },
    mixinStandardHelpOptions = true)
final class ModelDeleteCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "NAME:VERSION", description = "As in fraud:1.4.2.")
  private @Nullable ModelRef ref;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private DryRunOption dryRun = new DryRunOption();
  @Mixin private ConfirmOption confirmation;

  ModelDeleteCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.confirmation = new ConfirmOption(terminal);
  }

  @Override
  public Integer call() {
    VersionArgument version = VersionArgument.of(spec, ref);
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = store.manifest(version.name(), version.version());
    store.checkDelete(version.name(), version.version());
    if (!dryRun.asked()) {
      confirmation.confirm(
          spec, "delete %s (%s) from %s".formatted(version, manifest.digest(), store.uri()));
      store.delete(version.name(), version.version());
    }
    PrintWriter out = spec.commandLine().getOut();
    output.print(
        out,
        ModelView.of(manifest, List.of(), null),
        () ->
            out.printf(
                "%s %s (%s), %s, from %s%n",
                dryRun.asked() ? "dry run: would delete" : "deleted",
                version,
                manifest.digest(),
                new ByteSize(manifest.bytes()),
                store.uri()));
    return ExitCode.DONE;
  }
}
