package io.tidemill.pipelines.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill model}: what can be done with a model store. */
@Command(
    name = "model",
    description = "Publish, fetch, list, alias, sign, verify and test model versions.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class ModelCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  private ModelCommand() {}

  static CommandLine commandLine(Map<String, String> environment) {
    return new CommandLine(new ModelCommand())
        .addSubcommand(new ModelPushCommand(environment))
        .addSubcommand(new ModelGetCommand(environment))
        .addSubcommand(new ModelListCommand(environment))
        .addSubcommand(new ModelAliasCommand(environment))
        .addSubcommand(new ModelSignCommand(environment))
        .addSubcommand(new ModelVerifyCommand(environment))
        .addSubcommand(new ModelTestCommand(environment));
  }

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
