package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill model}: what can be done with a model store. */
@Command(
    name = "model",
    description = "Publish, look at, test, sign, alias, fetch, export and delete model versions.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ModelPushCommand.class,
      ModelListCommand.class,
      ModelInspectCommand.class,
      ModelDiffCommand.class,
      ModelVerifyCommand.class,
      ModelTestCommand.class,
      ModelSignCommand.class,
      ModelAliasCommand.class,
      ModelDeleteCommand.class,
      ModelPullCommand.class,
      ModelExportCommand.class,
      ModelPruneCommand.class
    })
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
