package io.tidemill.pipelines.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill model}: what can be done with a model store. */
@Command(
    name = ModelCommand.NAME,
    description = "Publish, look at, test, sign, alias, fetch, export and delete model versions.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
final class ModelCommand implements Runnable {
  static final String NAME = "model";

  static final List<Class<?>> COMMANDS =
      List.of(
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
          ModelPruneCommand.class);

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw Tidemill.missingCommand(spec);
  }
}
