package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill units}: units in a store. */
@Command(
    name = "units",
    description = "List the units of a store, put one into it, and write one out.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {UnitsListCommand.class, UnitsImportCommand.class, UnitsExportCommand.class})
final class UnitsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
