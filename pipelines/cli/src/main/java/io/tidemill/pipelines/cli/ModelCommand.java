package io.tidemill.pipelines.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill model}: what can be done with a model store. */
@Command(
    name = "model",
    description =
        "Publish, import, look at, test, sign, alias, fetch, export and delete model versions.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private ModelCommand() {}

  static CommandLine commandLine(Map<String, String> environment, Terminal terminal) {
    return new CommandLine(new ModelCommand())
        .addSubcommand(new ModelPushCommand(environment, terminal))
        .addSubcommand(new ModelImportCommand(environment, terminal))
        .addSubcommand(new ModelListCommand(environment))
        .addSubcommand(new ModelInspectCommand(environment, terminal))
        .addSubcommand(new ModelDiffCommand(environment))
        .addSubcommand(new ModelVerifyCommand(environment, terminal))
        .addSubcommand(new ModelTestCommand(environment))
        .addSubcommand(new ModelSignCommand(environment, terminal))
        .addSubcommand(new ModelAliasCommand(environment, terminal))
        .addSubcommand(new ModelDeleteCommand(environment, terminal))
        .addSubcommand(new ModelGetCommand(environment, terminal))
        .addSubcommand(new ModelPullCommand(environment, terminal))
        .addSubcommand(new ModelExportCommand(environment, terminal))
        .addSubcommand(new ModelPruneCommand(terminal));
  }

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
