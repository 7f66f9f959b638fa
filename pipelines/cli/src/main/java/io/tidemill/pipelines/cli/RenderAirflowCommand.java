package io.tidemill.pipelines.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tidemill render airflow}. */
@Command(
    name = "airflow",
    description = {
      "A DAG for Airflow 2 and 3 that runs a job for yesterday, once a day in the job's time zone.",
      "It calls 'tidemill run', and takes the job's file and no model."
    },
    mixinStandardHelpOptions = true)
final class RenderAirflowCommand implements Runnable {
  @Mixin private ScheduleOptions schedule;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().print(schedule.schedule().airflow());
    spec.commandLine().getOut().flush();
  }
}
