package io.tidemill.pipelines.cli;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.store.ModelStore;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill units list}. */
@Command(
    name = "list",
    description = {
      "List the units of a store, and the models that are in each.",
      "One that is damaged hides no other: it is reported, and the exit code is 3."
    },
    mixinStandardHelpOptions = true)
final class UnitsListCommand implements Runnable {
  @Mixin private StoreOption store;
  @Mixin private Output output;

  @Override
  public void run() {
    ModelStore units = store.openUnits();
    List<UnitView> all = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    for (String name : names(units)) {
      Map<String, SemanticVersion> aliases =
          units.aliases(name, broken -> damaged.add(String.valueOf(broken.getMessage())));
      for (SemanticVersion version : units.versions(name)) {
        try {
          all.add(UnitView.of(units.manifest(name, version), aliases));
        } catch (InvalidModelException broken) {
          damaged.add(String.valueOf(broken.getMessage()));
        }
      }
    }
    output.print(all, out -> print(out, all, units.uri()));
    if (!damaged.isEmpty()) {
      throw new CommandFailedException(
          ExitCode.MODEL,
          "store %s: not everything can be listed:%n%s"
              .formatted(units.uri(), String.join(System.lineSeparator(), damaged)));
    }
  }

  private List<String> names(ModelStore units) {
    try {
      return units.models();
    } catch (StoreUnavailableException none) {
      if (none.getCause() != null) {
        throw none;
      }
      // A folder of models in which nobody has put a unit yet; or there is none of these, either.
      store.open().models();
      return List.of();
    }
  }

  private static void print(PrintWriter out, List<UnitView> units, String store) {
    if (units.isEmpty()) {
      out.println("No units in " + store + "; put one there with 'tidemill units import'.");
      return;
    }
    TextTable table = new TextTable("UNIT", "ALIASES", "MODELS", "BYTES", "DIGEST");
    for (UnitView unit : units) {
      table.add(
          unit.name() + ":" + unit.version(),
          String.join(" ", unit.aliases()),
          String.join(" ", unit.models()),
          "%,d".formatted(unit.bytes()),
          unit.digest());
    }
    table.print(out);
  }
}
