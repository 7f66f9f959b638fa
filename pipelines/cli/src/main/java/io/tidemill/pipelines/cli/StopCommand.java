package io.tidemill.pipelines.cli;

import io.tidemill.pipelines.run.JobFolder;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemill stop}: the end of a job that {@code run} has started on this machine. */
@Command(
    name = "stop",
    description = {
      "Stop a job that 'tidemill run' has started on this machine.",
      "What it has read is scored and published, and the next run goes on from there."
    },
    mixinStandardHelpOptions = true)
final class StopCommand implements Runnable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Caller caller;

  @Parameters(
      paramLabel = "NAME|JOB.yaml",
      description = "The job's file, or its name if the file is in this folder.")
  private String job = "";

  @Option(
      names = "--savepoint",
      description = "Leave a savepoint that stays, also when the next run has gone on from it.")
  private boolean savepoint;

  @Mixin private Output output;

  StopCommand(Caller caller) {
    this.caller = caller;
  }

  /** What JSON has of it. */
  private record View(String job, boolean stopped, String message) {}

  @Override
  public void run() {
    Path file = Path.of(job);
    String name =
        Files.isRegularFile(file)
            ? caller.read(file, null).definition().name()
            : String.valueOf(file.getFileName());
    JobFolder folder = JobFolder.of(file, name);
    String left;
    try {
      left = stop(folder, name);
    } catch (UncheckedIOException refused) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "%s: %s (expected: the folder of a job that you run)"
              .formatted(folder.path(), refused.getCause()),
          refused);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new CommandFailedException(ExitCode.INTERRUPTED, "interrupted", interrupted);
    }
    output.print(new View(name, true, left), left);
  }

  /** Stops a run; what it has left. */
  private String stop(JobFolder folder, String name) throws InterruptedException {
    if (!folder.held()) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "job '%s' does not run here (lease: %s; expected: the file or the name of a job that does)"
              .formatted(name, folder.path()));
    }
    String holder = folder.said();
    if (!folder.stop(savepoint, LIMIT)) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "job '%s' did not stop in %d s: %s (expected: a process that answers; what it has not committed stays invisible if it is killed)"
              .formatted(name, LIMIT.toSeconds(), holder));
    }
    String left = folder.said();
    if (left.startsWith(RunCommand.HOLDER)) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "job '%s' ended before it could stop in order: %s (expected: a process that lives until it has stopped; 'tidemill plan' says how the next run begins)"
              .formatted(name, left));
    }
    return left;
  }
}
