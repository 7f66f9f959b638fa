package io.tidemill.model.store.cache;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A proved copy of a version in a {@link LocalModelCache}, in use until it is closed: no process
 * evicts it meanwhile. The operating system ends the use of a process that dies.
 *
 * <p>Thread-safe.
 */
public final class CachedModel implements AutoCloseable {
  private final Path files;
  private final boolean fetched;
  private final Runnable release;
  private final AtomicBoolean closed = new AtomicBoolean();

  CachedModel(Path files, boolean fetched, Runnable release) {
    this.files = requireNonNull(files, "files");
    this.fetched = fetched;
    this.release = requireNonNull(release, "release");
  }

  /** Files that are in no cache, so that nobody evicts them. */
  public static CachedModel outside(Path files) {
    return new CachedModel(files, false, () -> {});
  }

  /** The folder of the version's files. */
  public Path files() {
    return files;
  }

  /** Whether the files were copied from the store just now, and were not there before. */
  public boolean fetched() {
    return fetched;
  }

  /** Ends this use; later calls do nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release.run();
    }
  }
}
