package io.tidemill.pipelines.run;

import io.tidemill.model.store.TemporaryFolder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where embedded Flink keeps what it unpacks and works with: one folder per process, deleted when
 * the process ends.
 */
record RunFolder(Path path) {
  private static @Nullable RunFolder ofProcess;

  /** The one of this process, in its temporary folder. */
  static synchronized RunFolder ofProcess() {
    RunFolder folder = ofProcess;
    if (folder == null) {
      TemporaryFolder made = TemporaryFolder.make("tidemill-run-");
      Runtime.getRuntime().addShutdownHook(new Thread(made::close, "tidemill-delete-run-folder"));
      folder = new RunFolder(made.path());
      ofProcess = folder;
    }
    return folder;
  }
}
