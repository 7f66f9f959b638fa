package io.tidemill.model.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.OtherProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
  private static final String KIND = "tidemill-test-";

  @TempDir Path parent;

  /** A process that makes a folder, says which, and closes it with its input. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try (TemporaryFolder folder = TemporaryFolder.in(Path.of(arguments[0]), KIND)) {
        for (int i = 1; i < arguments.length; i++) {
          Path file = folder.path().resolve(arguments[i]);
          Thread writer = new Thread(() -> writeWhileThereIsAFolder(file));
          writer.setDaemon(true);
          writer.start();
        }
        System.out.println(folder.path());
        while (System.in.read() >= 0) {
          // Alive.
        }
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

  private Process start(Object... written) throws IOException {
    Object[] arguments = new Object[written.length + 1];
    arguments[0] = parent;
    System.arraycopy(written, 0, arguments, 1, written.length);
    return OtherProcess.of(Holder.class, arguments)
        .builder()
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static Path folderOf(Process process) throws IOException {
    return Path.of(process.inputReader(StandardCharsets.UTF_8).readLine());
  }

  @Test
  void isDeletedWhenItIsClosed() throws Exception {
    TemporaryFolder folder = TemporaryFolder.in(parent, KIND);
    Files.writeString(
        Files.createDirectory(folder.path().resolve("part")).resolve("job.yaml"), "job");

    folder.close();
    folder.close();

    assertThat(parent).isEmptyDirectory();
  }

  @Test
  void whatIsWrittenWhileItIsDeletedIsDeletedByTheNext() throws Exception {
    Process process = start("one.jar", "two.jar", "three.jar", "four.jar");
    Path folder = folderOf(process);

    process.outputWriter().close();
    process.waitFor();
    TemporaryFolder.in(parent, KIND).close();

    assertThat(folder).doesNotExist();
  }

  @Test
  void ofAKilledProcessIsDeletedByTheNextAndOfALivingOneIsNot() throws Exception {
    Process killed = start();
    Process living = start();
    Path abandoned = folderOf(killed);
    Path used = folderOf(living);
    killed.destroyForcibly().waitFor();
    Path foreign = Files.createDirectory(parent.resolve(KIND + "being-made"));
    Path empty = Files.createDirectory(parent.resolve(KIND + "left-empty"));
    Files.setLastModifiedTime(empty, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

    Path own = TemporaryFolder.in(parent, KIND).path();

    assertThat(empty).doesNotExist();
    assertThat(abandoned).doesNotExist();
    assertThat(used).isDirectory();
    assertThat(foreign).isDirectory();
    assertThat(TemporaryFolder.in(parent, KIND).path()).isNotEqualTo(own);
    assertThat(own).isDirectory();
    living.outputWriter().close();
    living.waitFor();
  }

  /** On some systems a process lets go of a lock when it closes any channel of the file. */
  @Test
  void isNotAbandonedForOthersWhenItsProcessMakesAnother() throws Exception {
    TemporaryFolder first = TemporaryFolder.in(parent, KIND);
    TemporaryFolder second = TemporaryFolder.in(parent, KIND);

    Process other = start();

    assertThat(folderOf(other)).isDirectory();
    assertThat(first.path()).isDirectory();
    assertThat(second.path()).isDirectory();
    other.outputWriter().close();
    other.waitFor();
    first.close();
    second.close();
  }
}
