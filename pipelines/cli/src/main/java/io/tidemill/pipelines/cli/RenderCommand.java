package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill render}: a job in the words of what runs it. */
@Command(
    name = "render",
    description = {
      "Write to stdout what a scheduler or a cluster of Kubernetes is told of a job.",
      "Nothing is asked or changed there."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RenderCronCommand.class,
      RenderSystemdCommand.class,
      RenderAirflowCommand.class,
      RenderKubernetesCommand.class
    })
final class RenderCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
