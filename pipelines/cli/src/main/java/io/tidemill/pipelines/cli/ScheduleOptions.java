package io.tidemill.pipelines.cli;

import static java.util.Objects.requireNonNull;

import io.tidemill.pipelines.SignedByOption;
import io.tidemill.pipelines.nightly.DatedJob;
import io.tidemill.pipelines.yaml.ParsedPipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the schedulers of a machine are told. */
final class ScheduleOptions {
  private static final String COMMAND = "tidemill";

  private final Caller caller;

  @Parameters(paramLabel = "JOB.yaml", description = "The job.")
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

  @Mixin private SignedByOption signedBy;

  ScheduleOptions(Caller caller) {
    this.caller = caller;
  }

  Schedule schedule() {
    signedBy.demand();
    ParsedPipeline written = caller.read(job, null);
    LocalDate date = LocalDate.now(written.definition().nightly().timeZone());
    // Refuses what would not run for a date.
    DatedJob.of(written, caller.read(job, date), date);
    Path file = job.toAbsolutePath().normalize();
    return new Schedule(
        written.definition().name(),
        requireNonNull(file.getParent(), "folder of the job"),
        String.valueOf(file.getFileName()),
        written.definition().nightly().timeZone(),
        at,
        wait,
        signedBy.absoluteWords(),
        command == null ? found() : command.toAbsolutePath().normalize());
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
