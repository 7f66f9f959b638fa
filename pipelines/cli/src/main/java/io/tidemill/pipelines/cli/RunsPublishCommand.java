package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.nightly.RunAccount;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidemill runs publish}. */
@Command(
    name = "publish",
    description = {
      "Publish a run for a date that a gate has held: readers see it whole, or what they saw",
      "before. It takes the job's file, and no model."
    },
    mixinStandardHelpOptions = true)
final class RunsPublishCommand implements Callable<Integer> {
  @Mixin private RunsOptions options;
  @Mixin private RunChoice choice;
  @Mixin private Output output;

  @Override
  public Integer call() throws InterruptedException {
    RunAccount run = options.held(choice, output).publish();
    output.print(
        run,
        out ->
            out.printf(
                "%s   published %s (run %d: %s)%n",
                run.date(), run.target(), run.run(), run.why()));
    return ExitCode.DONE.number();
  }
}
