package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill runs}: what the runs of a job for dates did. */
@Command(
    name = "runs",
    description = "What the runs of a job for dates did; and what becomes of one that is held.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunsListCommand.class,
      RunsShowCommand.class,
      RunsReportCommand.class,
      RunsPublishCommand.class,
      RunsDiscardCommand.class
    })
final class RunsCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
