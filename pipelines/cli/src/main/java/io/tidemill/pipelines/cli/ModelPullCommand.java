package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.store.CachedModel;
import io.tidemill.model.store.LocalModelCache;
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

/** {@code tidemill model pull}. */
@Command(
    name = "pull",
    description = {
      "Fetch a version into this machine's cache, and prove it.",
      "Jobs that start here use it from there, even while the store is away.",
      "The cache is in -Dtidemill.cache, else $TIDEMILL_CACHE, else",
      "~/.cache/tidemill/models."
    },
    mixinStandardHelpOptions = true)
final class ModelPullCommand implements Callable<Integer> {
  private final Map<String, String> environment;
  private final Terminal terminal;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "MODEL", description = "As in fraud:1.4.2 or fraud@production.")
  private @Nullable ModelRef ref;

  @Mixin private StoreOption storeOption = new StoreOption();
  @Mixin private OutputOption output = new OutputOption();

  ModelPullCommand(Map<String, String> environment, Terminal terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    ModelStore store = storeOption.open(environment);
    ModelManifest manifest = VersionArgument.manifest(spec, store, ref);
    try (TransferProgress progress =
            TransferProgress.of(spec, terminal, output, "pulling " + manifest.ref());
        CachedModel copy = LocalModelCache.ofUser().open(store, manifest, progress)) {
      progress.close();
      PrintWriter out = spec.commandLine().getOut();
      output.print(
          out,
          ModelView.of(manifest, List.of(), copy.files().toString()),
          () ->
              out.printf(
                  "%s (%s) %s %s%n",
                  manifest.ref(),
                  manifest.digest(),
                  copy.fetched() ? "is in" : "was already in",
                  copy.files()));
    }
    return ExitCode.DONE;
  }
}
