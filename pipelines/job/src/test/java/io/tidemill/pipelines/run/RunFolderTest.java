package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path parent;

  /** A process that makes a folder, says which, and ends with its input. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      Path folder = RunFolder.in(Path.of(arguments[0])).path();
      for (int i = 1; i < arguments.length; i++) {
        Path file = folder.resolve(arguments[i]);
        Thread writer = new Thread(() -> writeWhileThereIsAFolder(file));
        writer.setDaemon(true);
        writer.start();
      }
      System.out.println(folder);
      while (System.in.read() >= 0) {
        // Alive.
      }
    }

    /** As Flink does while the process ends. */
    private static void writeWhileThereIsAFolder(Path file) {
      try {
        while (true) {
          Files.writeString(file, "jar");
        }
      } catch (IOException deleted) {
        // The folder is gone.
      }
    }
  }

  private Process start(String... written) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                parent.toString()));
    command.addAll(List.of(written));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static Path folderOf(Process process) throws IOException {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    return Path.of(lines.readLine());
  }

  @Test
  void isDeletedWithItsProcess() throws Exception {
    Process process = start();
    Path folder = folderOf(process);
    Files.writeString(folder.resolve("flink-rpc-akka.jar"), "jar");

    process.outputWriter().close();

    assertThat(process.waitFor()).isZero();
    assertThat(folder).doesNotExist();
  }

  @Test
  void whatIsWrittenWhileItIsDeletedIsDeletedByTheNext() throws Exception {
    Process process = start("one.jar", "two.jar", "three.jar", "four.jar");
    Path folder = folderOf(process);

    process.outputWriter().close();
    process.waitFor();
    RunFolder.in(parent);

    assertThat(folder).doesNotExist();
  }

  @Test
  void ofAKilledProcessIsDeletedByTheNextAndOfALivingOneIsNot() throws Exception {
    Process killed = start();
    Process living = start();
    Path abandoned = folderOf(killed);
    Path used = folderOf(living);
    killed.destroyForcibly().waitFor();
    Path foreign = Files.createDirectory(parent.resolve("tidemill-run-being-made"));

    Path empty = Files.createDirectory(parent.resolve("tidemill-run-left-empty"));
    Files.setLastModifiedTime(empty, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

    Path own = RunFolder.in(parent).path();

    assertThat(empty).doesNotExist();
    assertThat(abandoned).doesNotExist();
    assertThat(used).isDirectory();
    assertThat(foreign).isDirectory();
    assertThat(RunFolder.in(parent).path()).isNotEqualTo(own);
    assertThat(own).isDirectory();
    living.outputWriter().close();
    living.waitFor();
  }
}
