package io.tidemill.pipelines.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tidemill render systemd}. */
@Command(
    name = "systemd",
    description = {
      "A service and a timer that run a job for yesterday, once a day in the job's time zone.",
      "They call 'tidemill run', and take the job's file and no model."
    },
    mixinStandardHelpOptions = true)
final class RenderSystemdCommand implements Runnable {
  @Mixin private ScheduleOptions schedule;

  @Option(
      names = "--unit",
      paramLabel = "UNIT",
      description = "service or timer. Default: both, each under its name.")
  private @Nullable Unit unit;

  @Spec private CommandSpec spec;

  /** A file of systemd's. */
  private enum Unit {
    SERVICE,
    TIMER
  }

  @Override
  public void run() {
    spec.commandLine().getOut().print(units(schedule.schedule()));
    spec.commandLine().getOut().flush();
  }

  private String units(Schedule made) {
    if (unit == null) {
      String path = "# /etc/systemd/system/tidemill-%s.%s%n";
      return path.formatted(made.name(), "service")
          + made.service()
          + System.lineSeparator()
          + path.formatted(made.name(), "timer")
          + made.timer();
    }
    return switch (unit) {
      case SERVICE -> made.service();
      case TIMER -> made.timer();
    };
  }
}
