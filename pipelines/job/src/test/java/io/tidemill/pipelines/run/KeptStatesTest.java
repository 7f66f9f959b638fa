package io.tidemill.pipelines.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class KeptStatesTest {
  private static final int LOOKS = 2_000;

  @TempDir private Path directory;

  private static void write(Path folder, long checkpoint) throws IOException {
    Files.createDirectories(folder);
    try (OutputStream out = Files.newOutputStream(folder.resolve("_metadata"))) {
      Checkpoints.storeCheckpointMetadata(
          new CheckpointMetadata(
              checkpoint,
              List.of(),
              List.of(),
              CheckpointProperties.forSavepoint(true, SavepointFormatType.NATIVE)),
          out);
    }
  }

  /** As Flink does to those of a job that was stopped, a little after the job has ended. */
  @Test
  @Timeout(value = 300, unit = TimeUnit.SECONDS)
  void theNewestIsFoundWhileCheckpointsBesideItAreDeleted() throws Exception {
    write(directory.resolve("run-1/last/savepoint-a"), 1_000_000_000);
    AtomicBoolean enough = new AtomicBoolean();
    ExecutorService flink = Executors.newSingleThreadExecutor();
    try {
      Future<?> deletions =
          flink.submit(
              () -> {
                for (long checkpoint = 1; !enough.get(); checkpoint++) {
                  Path folder = directory.resolve("run-1/job/chk-" + checkpoint);
                  write(folder, checkpoint);
                  Files.delete(folder.resolve("_metadata"));
                  Files.delete(folder);
                  Files.delete(folder.getParent());
                }
                return null;
              });
      KeptStates states = new KeptStates(new org.apache.flink.core.fs.Path(directory.toUri()));

      for (int look = 0; look < LOOKS; look++) {
        assertThat(states.newest()).map(KeptState::checkpoint).contains(1_000_000_000L);
      }
      enough.set(true);
      deletions.get();
    } finally {
      enough.set(true);
      flink.shutdown();
    }
  }
}
