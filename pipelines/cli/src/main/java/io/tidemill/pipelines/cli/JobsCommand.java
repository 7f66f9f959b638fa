package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill jobs}: those of a cluster that runs. */
@Command(
    name = "jobs",
    description = "Look after the jobs of a Flink cluster.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      JobsListCommand.class,
      JobsShowCommand.class,
      JobsStopCommand.class,
      JobsUpgradeCommand.class,
      JobsRescaleCommand.class,
      JobsLogsCommand.class
    })
final class JobsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
