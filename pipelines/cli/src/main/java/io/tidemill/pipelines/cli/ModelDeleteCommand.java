package io.tidemill.pipelines.cli;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill model delete}. */
@Command(
    name = "delete",
    description = {
      "Delete a version from the store, for ever.",
      "Refused while an alias means it, and where the store's policy says so.",
      "Jobs that are pinned to it start no more, except from a local cache."
    },
    mixinStandardHelpOptions = true)
final class ModelDeleteCommand implements Runnable {
  @Parameters(paramLabel = "NAME:VERSION", description = "As in fraud:1.4.2.")
  private VersionArgument version;

  @Mixin private StoreOption storeOption;
  @Mixin private Output output;
  @Mixin private DryRunOption dryRun;
  @Mixin private ConfirmOption confirmation;

  @Override
  public void run() {
    ModelStore store = storeOption.open();
    check(store);
    @Nullable ModelManifest manifest = null;
    String what = "%s (damaged)".formatted(version);
    try {
      manifest = store.manifest(version.name(), version.version());
      what = "%s (%s), %s".formatted(version, manifest.digest(), new ByteSize(manifest.bytes()));
    } catch (InvalidModelException damaged) {
      // It can go like any other.
    }
    if (!dryRun.asked()) {
      confirmation.confirm("delete %s from %s".formatted(what, store.uri()));
      store.delete(version.name(), version.version());
    }
    output.print(
        manifest == null
            ? Map.of("name", version.name(), "version", version.version().toString())
            : ModelView.of(manifest),
        "%s %s, from %s"
            .formatted(dryRun.asked() ? "dry run: would delete" : "deleted", what, store.uri()));
  }

  /** Of an alias, the store does not know which commands move it. */
  private void check(ModelStore store) {
    try {
      store.checkDelete(version.name(), version.version());
    } catch (StoreRefusedException refused) {
      String name = version.name();
      for (Map.Entry<String, SemanticVersion> alias : store.aliases(name).entrySet()) {
        if (alias.getValue().equals(version.version())) {
          throw new StoreRefusedException(
              "%s; 'tidemill model alias %s:VERSION %s' moves it, 'tidemill model alias --delete %s@%s' takes it away"
                  .formatted(refused.getMessage(), name, alias.getKey(), name, alias.getKey()),
              refused);
        }
      }
      throw refused;
    }
  }
}
