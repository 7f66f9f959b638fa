package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.RunAccount;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill runs discard}. */
@Command(
    name = "discard",
    description = {
      "Throw away a run for a date that a gate has held; readers see what they saw before.",
      "The next 'run' for the date runs again."
    },
    mixinStandardHelpOptions = true)
final class RunsDiscardCommand implements Callable<Integer> {
  @Mixin private RunsOptions options;
  @Mixin private RunChoice choice;
  @Mixin private Output output;

  @Override
  public Integer call() throws InterruptedException {
    RunAccount run = options.held(choice, output).discard();
    output.print(run, out -> out.printf("%s   run %d is discarded%n", run.date(), run.run()));
    return ExitCode.DONE.number();
  }
}
