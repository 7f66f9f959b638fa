package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemill.model.OtherProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path parent;

  /** A process that says which folder it has, and ends with its input. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      System.setProperty("java.io.tmpdir", arguments[0]);
      System.out.println(RunFolder.ofProcess().path());
      while (System.in.read() >= 0) {
        // Alive.
      }
    }
  }

  @Test
  void isDeletedWithItsProcess() throws Exception {
    Process process =
        OtherProcess.of(Holder.class, parent)
            .builder()
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path folder = Path.of(process.inputReader(StandardCharsets.UTF_8).readLine());
    Files.writeString(folder.resolve("flink-rpc-akka.jar"), "jar");

    process.outputWriter().close();

    assertThat(process.waitFor()).isZero();
    assertThat(parent).isEmptyDirectory();
  }
}
