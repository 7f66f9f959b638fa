package io.tidemill.pipelines.cli;

import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.unit.PackedUnit;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemill units import}. */
@Command(
    name = "import",
    description = {
      "Put a unit into a store, with its signatures; in a registry too.",
      "Each of its bytes is proved before. A unit never changes there: another one of the",
      "same name and version is refused."
    },
    mixinStandardHelpOptions = true)
final class UnitsImportCommand implements Runnable {
  private final Caller caller;

  @Parameters(paramLabel = "UNIT", description = "What 'tidemill package' wrote.")
  private Path file;

  @Mixin private SignedByOption signedBy;
  @Mixin private StoreOption store;
  @Mixin private Output output;

  UnitsImportCommand(Caller caller) {
    this.caller = caller;
  }

  @Override
  public void run() {
    signedBy.demand();
    PackedUnit unit = caller.units().unit(file);
    ModelStore units = store.openUnits();
    ModelManifest there = unit.importInto(units);
    output.print(
        UnitView.of(there, Map.of()),
        "%s (%s) is in %s".formatted(there.ref(), there.digest(), units.uri()));
  }
}
