package io.tidemill.model.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** Files that behave as those of an object store: no folder is moved in one step. */
final class ObjectFileSystem extends LocalFileSystem {
  private int vanishing;

  /** Lets the next listings of folders meet something that goes meanwhile. */
  void vanish(int listings) {
    vanishing = listings;
  }

  @Override
  public FileStatus[] listStatus(Path folder) throws IOException {
    if (vanishing > 0 && exists(folder)) {
      vanishing--;
      throw new FileNotFoundException(folder + "/.claim-0");
    }
    return super.listStatus(folder);
  }

  @Override
  public boolean isDistributedFS() {
    return true;
  }

  @Override
  public boolean rename(Path source, Path target) throws IOException {
    if (Files.isDirectory(java.nio.file.Path.of(source.getPath()))) {
      throw new IOException("'" + source + "': a folder (expected: a file)");
    }
    return super.rename(source, target);
  }
}
