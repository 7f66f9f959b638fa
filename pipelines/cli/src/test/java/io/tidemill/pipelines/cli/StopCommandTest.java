package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.pipelines.compose.Jobs;
import io.tidemill.pipelines.run.JobFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopCommandTest {
  @TempDir private Path directory;

  /** A process that holds a job's lease, and dies as soon as it is asked to stop. */
  static final class Mortal {
    private Mortal() {}

    public static void main(String[] arguments) {
      JobFolder folder = JobFolder.of(Path.of(arguments[0]), "fraud");
      JobFolder.Lease lease = folder.take("process 7 since noon").orElseThrow();
      System.out.println("holds it");
      while (lease.stopAsked().isEmpty()) {
        Thread.onSpinWait();
      }
      Runtime.getRuntime().halt(137);
    }
  }

  private CommandRun stop() throws IOException {
    Path job = Files.writeString(directory.resolve("job.yaml"), Jobs.KAFKA);
    return CommandRun.of("stop", "-o", "json", job.toString());
  }

  @Test
  void aRunThatDiesInsteadHasNotStopped() throws IOException {
    Process run =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Mortal.class.getName(),
                directory.resolve("job.yaml").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(run.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("holds it");

    CommandRun stop = stop();

    assertThat(stop.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(stop.out()).contains("\"problems\"", "ended before it could stop in order");
    assertThat(stop.err())
        .contains("job 'fraud' ended before it could stop in order: process 7 since noon");
  }

  @Test
  void aLeaseThatCannotBeOpenedIsSaidPlainly() throws IOException {
    Files.createDirectories(directory.resolve(".tidemill/fraud/lease"));

    CommandRun stop = stop();

    assertThat(stop.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(stop.err()).contains("expected: the folder of a job that you run");
  }
}
