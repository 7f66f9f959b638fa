package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill render cron}. */
@Command(
    name = "cron",
    description = {
      "A crontab's line that runs a job for yesterday, once a day in the time zone of the machine.",
      "It calls 'tidemill run', and takes the job's file and no model."
    },
    mixinStandardHelpOptions = true)
final class RenderCronCommand implements Runnable {
  @Mixin private ScheduleOptions schedule;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(schedule.schedule().cron());
    spec.commandLine().getOut().flush();
  }
}
