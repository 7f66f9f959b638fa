package io.tidemill.model.store;

import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.core.fs.local.LocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuardedFilesTest {
  @TempDir private Path directory;

  @Test
  void replacesATextThatIsNeverGone() throws Exception {
    var root = new org.apache.flink.core.fs.Path(directory.toUri());
    GuardedFiles files =
        new GuardedFiles(root, LocalFileSystem.getSharedInstance(), IllegalStateException::new);
    var file = new org.apache.flink.core.fs.Path(root, "text");
    files.write(file, "one");
    List<String> gone = new ArrayList<>();
    try (WatchService watch = directory.getFileSystem().newWatchService()) {
      WatchKey deleted = directory.register(watch, ENTRY_DELETE);

      files.write(file, "two");

      Files.delete(Files.createFile(directory.resolve("last")));
      while (!gone.contains("last")) {
        watch.take().pollEvents().forEach(event -> gone.add(String.valueOf(event.context())));
        deleted.reset();
      }
    }
    // A process that was killed just then would have left nothing of it.
    assertThat(gone).doesNotContain("text");
    assertThat(directory.resolve("text")).hasContent("two");
    assertThat(directory.toFile().list()).containsExactly("text");
  }

  @Test
  void leavesNoPartOfATextThatIsRefused() throws Exception {
    var root = new org.apache.flink.core.fs.Path(directory.toUri());
    GuardedFiles files =
        new GuardedFiles(root, LocalFileSystem.getSharedInstance(), IllegalStateException::new);
    // Nothing replaces a folder with something in it.
    Files.createDirectories(directory.resolve("text/in it"));

    assertThatIllegalStateException()
        .isThrownBy(() -> files.write(new org.apache.flink.core.fs.Path(root, "text"), "one"));
    assertThat(directory.toFile().list()).containsExactly("text");
  }
}
