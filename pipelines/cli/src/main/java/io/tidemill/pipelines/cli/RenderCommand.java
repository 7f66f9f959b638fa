package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import io.tidemill.pipelines.yaml.PipelineReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemill render}: a schedule that runs a job every night. */
@Command(
    name = "render",
    description = {
      "Write a schedule to stdout that runs a job for yesterday, once a day.",
      "It calls 'tidemill run', and takes the job's file and no model."
    },
    mixinStandardHelpOptions = true)
final class RenderCommand implements Runnable {
  private static final String COMMAND = "tidemill";

  private final Caller caller;

  @Parameters(
      index = "0",
      paramLabel = "SCHEDULER",
      description = {
        "cron: a crontab's line, in the time zone of the machine.",
        "systemd: a service and a timer, or one of them with --unit.",
        "airflow: a DAG for Airflow 2 and 3."
      })
  private Scheduler scheduler = Scheduler.CRON;

  @Parameters(index = "1", paramLabel = "JOB.yaml", description = "The job.")
  private Path job = Path.of("");

  @Option(
      names = "--at",
      paramLabel = "TIME",
      defaultValue = "01:30",
      description = "When, as in 01:30 (default: ${DEFAULT-VALUE}).")
  private LocalTime at = LocalTime.MIDNIGHT;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      defaultValue = "2h",
      description = "How long a run waits for its input (default: ${DEFAULT-VALUE}).")
  private Duration wait = Duration.ZERO;

  @Option(
      names = "--command",
      paramLabel = "PATH",
      description = "The command to call. Default: the 'tidemill' of the PATH.")
  private @Nullable Path command;

  @Option(
      names = "--unit",
      paramLabel = "UNIT",
      description = "Of systemd: service or timer. Default: both, each under its name.")
  private @Nullable Unit unit;

  @Spec private CommandSpec spec;

  RenderCommand(Caller caller) {
    this.caller = caller;
  }

  /** Who calls the command. */
  private enum Scheduler {
    CRON,
    SYSTEMD,
    AIRFLOW
  }

  /** A file of systemd's. */
  private enum Unit {
    SERVICE,
    TIMER
  }

  @Override
  public void run() {
    if (unit != null && scheduler != Scheduler.SYSTEMD) {
      throw new CommandFailedException(
          ExitCode.USAGE, "--unit: without systemd (expected: 'render systemd')");
    }
    ParsedPipeline written = new PipelineReader(caller.environment()).read(job);
    LocalDate date = LocalDate.now(written.definition().nightly().timeZone());
    // Refuses what would not run for a date.
    DatedJob.of(written, new PipelineReader(caller.environment(), date).read(job), date);
    Path file = job.toAbsolutePath().normalize();
    Schedule schedule =
        new Schedule(
            written.definition().name(),
            requireNonNull(file.getParent(), "folder of the job"),
            String.valueOf(file.getFileName()),
            written.definition().nightly().timeZone(),
            at,
            wait,
            command == null ? found() : command.toAbsolutePath().normalize());
    spec.commandLine()
        .getOut()
        .print(
            switch (scheduler) {
              case CRON -> schedule.cron();
              case SYSTEMD -> systemd(schedule);
              case AIRFLOW -> schedule.airflow();
            });
    spec.commandLine().getOut().flush();
  }

  private String systemd(Schedule schedule) {
    if (unit == null) {
      String path = "# /etc/systemd/system/tidemill-%s.%s%n";
      return path.formatted(schedule.name(), "service")
          + schedule.service()
          + System.lineSeparator()
          + path.formatted(schedule.name(), "timer")
          + schedule.timer();
    }
    return switch (unit) {
      case SERVICE -> schedule.service();
      case TIMER -> schedule.timer();
    };
  }

  /** Schedulers have a PATH of their own. */
  private Path found() {
    return Arrays.stream(caller.environment().getOrDefault("PATH", "").split(":"))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, COMMAND).toAbsolutePath().normalize())
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new CommandFailedException(
                    ExitCode.USAGE,
                    "--command: 'tidemill' is not on the PATH (expected: the path of the command that the schedule calls)"));
  }
}
