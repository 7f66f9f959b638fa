package io.tidemill.model.store;

import java.io.IOException;
import java.nio.file.Files;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.local.LocalFileSystem;

/** Files that behave as those of an object store: no folder is moved in one step. */
final class ObjectFileSystem extends LocalFileSystem {
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
