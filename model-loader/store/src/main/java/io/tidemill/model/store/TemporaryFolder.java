package io.tidemill.model.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.io.file.PathUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder for what this process unpacks and works with, until it is closed. Of a process that was
 * killed, whoever makes the next one of the same kind deletes it: a living process holds the lock
 * on a file in it, and the system lets go of the lock whatever the process died of.
 *
 * <p>Thread-safe.
 */
public final class TemporaryFolder implements AutoCloseable {
  private static final String LOCK = "lock";
  private static final String UNLOCKED = "lock.new";

  /** Far longer than it takes to make one. */
  private static final Duration MAKING = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(TemporaryFolder.class);

  // This process must not open the locks of its own: on some systems it lets go of a lock when it
  // closes any channel of the file.
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileLock lock;

  private TemporaryFolder(Path path, FileLock lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes one where Java has temporary files. */
  public static TemporaryFolder make(String kind) {
    return in(Path.of(System.getProperty("java.io.tmpdir")), kind);
  }

  /**
   * Makes one, and deletes those of its kind whose processes are no more.
   *
   * @param kind what its name begins with
   * @throws UncheckedIOException if the parent cannot be written
   */
  public static synchronized TemporaryFolder in(Path parent, String kind) {
    try {
      Path real = parent.toRealPath();
      deleteAbandoned(real, kind);
      Path path = Files.createTempDirectory(real, kind);
      OWN.add(path);
      FileLock lock =
          FileChannel.open(
                  path.resolve(UNLOCKED), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
              .lock();
      // Others look at a file of this name only, so that they never see it unlocked.
      Files.move(path.resolve(UNLOCKED), path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
      return new TemporaryFolder(path, lock);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(
          "temporary folder '%s' (expected: one that can be written; -Djava.io.tmpdir names another)"
              .formatted(parent),
          unwritable);
    }
  }

  /** Where it is; the file that is called {@code lock} in it is its own. */
  public Path path() {
    return path;
  }

  private static void deleteAbandoned(Path parent, String kind) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, kind + "*")) {
      for (Path folder : folders) {
        if (OWN.contains(folder)) {
          continue;
        }
        if (isAbandoned(folder)) {
          delete(folder);
        } else {
          deleteEmpty(folder);
        }
      }
    }
  }

  /** One without the file is just being made, or another user's. */
  private static boolean isAbandoned(Path folder) {
    Path file = folder.resolve(LOCK);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || !Files.isWritable(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock free = channel.tryLock()) {
      return free != null;
    } catch (OverlappingFileLockException ours) {
      return false;
    } catch (IOException unreadable) {
      LOG.debug("{}: cannot be looked into", folder, unreadable);
      return false;
    }
  }

  /** Of one that was killed between its lock and itself, the folder is left. */
  private static void deleteEmpty(Path folder) {
    try {
      if (Files.getLastModifiedTime(folder).toInstant().isBefore(Instant.now().minus(MAKING))) {
        Files.delete(folder);
      }
    } catch (IOException inUse) {
      LOG.debug("{}: not deleted", folder, inUse);
    }
  }

  /** With its lock last, by which the next one knows what is left of it as abandoned. */
  private static void delete(Path folder) {
    Path lock = folder.resolve(LOCK);
    try {
      try (DirectoryStream<Path> content =
          Files.newDirectoryStream(folder, entry -> !entry.equals(lock))) {
        for (Path entry : content) {
          PathUtils.delete(entry);
        }
      }
      Files.deleteIfExists(lock);
      try {
        Files.delete(folder);
      } catch (DirectoryNotEmptyException writtenMeanwhile) {
        Files.createFile(lock);
        throw writtenMeanwhile;
      }
    } catch (IOException | DirectoryIteratorException stillWritten) {
      LOG.debug("{}: left to the next process", folder, stillWritten);
    }
  }

  /** Deletes it; what others write into it meanwhile, the next process does. */
  @Override
  public void close() {
    delete(path);
    try {
      lock.acquiredBy().close();
    } catch (IOException unclosed) {
      LOG.debug("{}: its lock is not let go of", path, unclosed);
    }
    OWN.remove(path);
  }
}
