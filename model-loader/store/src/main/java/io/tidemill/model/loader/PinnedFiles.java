package io.tidemill.model.loader;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.store.CachedModel;
import java.nio.file.Path;

/**
 * The proved files of a loaded version, which stay for as long as it is loaded.
 *
 * @param release ends that; run once
 */
record PinnedFiles(Path folder, Runnable release) implements AutoCloseable {
  PinnedFiles {
    requireNonNull(folder, "folder");
    requireNonNull(release, "release");
  }

  /** Files that no cache evicts before they are closed. */
  static PinnedFiles of(CachedModel copy) {
    return new PinnedFiles(copy.files(), copy::close);
  }

  /** Files that nobody evicts. */
  static PinnedFiles owned(Path folder) {
    return new PinnedFiles(folder, () -> {});
  }

  @Override
  public void close() {
    release.run();
  }
}
