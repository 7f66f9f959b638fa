package io.tidemill.pipelines.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.apache.commons.io.file.PathUtils;

/**
 * The folder in which a demo keeps everything, and the right to be the only one in it.
 *
 * <p>Each run begins afresh: what the run before left under the names below is deleted when the
 * folder is opened, the store included, as a model that is trained again is another model. Nothing
 * else is ever deleted, and a folder that holds something and was not made by a demo is refused.
 *
 * <p>Safe for use by several threads.
 */
final class DemoFolder implements AutoCloseable {
  /** Where a demo works unless it is told otherwise. */
  static final Path DEFAULT = Path.of(".tidemill", "demo");

  private static final String MARK = "demo.lock";
  private static final List<String> OWN = List.of("broker", "training", "store", "cache", "flink");

  private final Path root;
  private final FileChannel lock;

  private DemoFolder(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /**
   * Creates or empties the folder and keeps others out until it is closed.
   *
   * @throws IllegalArgumentException if the folder holds something that is not a demo's
   * @throws IllegalStateException if another demo works in it
   * @throws UncheckedIOException if it cannot be written
   */
  static DemoFolder open(Path folder) {
    Path root = folder.toAbsolutePath().normalize();
    try {
      Files.createDirectories(root);
      Path mark = root.resolve(MARK);
      if (!Files.exists(mark) && !PathUtils.isEmptyDirectory(root)) {
        throw new IllegalArgumentException(
            "work folder: %s (expected: a new folder, an empty one, or one that a demo made; this one holds other files)"
                .formatted(root));
      }
      FileChannel channel =
          FileChannel.open(mark, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        lock(channel, root);
        for (String name : OWN) {
          FileUtils.deleteDirectory(root.resolve(name).toFile());
        }
        return new DemoFolder(root, channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("work folder: " + root + " (expected: writable)", e);
    }
  }

  Path root() {
    return root;
  }

  /** The broker's files. */
  Path broker() {
    return root.resolve("broker");
  }

  /** The SavedModel as it was trained; does not exist yet. */
  Path training() {
    return root.resolve("training");
  }

  /** The model store. */
  Path store() {
    return root.resolve("store");
  }

  /** The store's local cache. */
  Path cache() {
    return root.resolve("cache");
  }

  /** Checkpoints and Flink's own temporary files. */
  Path flink() {
    return root.resolve("flink");
  }

  /** Lets others in. The files stay. */
  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      throw new UncheckedIOException("work folder: " + root + " was not released", e);
    }
  }

  private static void lock(FileChannel channel, Path root) throws IOException {
    FileLock taken;
    try {
      taken = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      taken = null;
    }
    if (taken == null) {
      throw new IllegalStateException(
          "work folder: %s is in use by another demo; end it or choose another folder with --work-dir"
              .formatted(root));
    }
  }
}
