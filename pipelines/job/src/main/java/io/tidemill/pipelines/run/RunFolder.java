package io.tidemill.pipelines.run;

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
import org.apache.commons.io.file.PathUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where embedded Flink keeps what it unpacks and works with: one folder per process, deleted when
 * the process ends. Of a process that was killed, the next one deletes it: a living one holds the
 * lock on a file in it, and the system lets go of the lock whatever the process died of.
 */
final class RunFolder {
  private static final String PREFIX = "tidemill-run-";
  private static final String LOCK = "lock";
  private static final String UNLOCKED = "lock.new";

  /** Far longer than it takes to make one. */
  private static final Duration MAKING = Duration.ofHours(1);

  private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);

  private static @Nullable RunFolder ofProcess;

  private final Path path;

  // Never closed: the lock lasts as long as the process.
  @SuppressWarnings("unused")
  private final FileLock lock;

  private RunFolder(Path path, FileLock lock) {
    this.path = path;
    this.lock = lock;
  }

  /** The one of this process, in its temporary folder. */
  static synchronized RunFolder ofProcess() {
    RunFolder folder = ofProcess;
    if (folder == null) {
      folder = in(Path.of(System.getProperty("java.io.tmpdir")));
      ofProcess = folder;
    }
    return folder;
  }

  /**
   * Makes one, and deletes those of processes that are no more.
   *
   * @param parent the temporary folder
   */
  static RunFolder in(Path parent) {
    try {
      deleteAbandoned(parent);
      Path path = Files.createTempDirectory(parent, PREFIX);
      FileLock lock =
          FileChannel.open(
                  path.resolve(UNLOCKED), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
              .lock();
      // Others look at a file of this name only, so that they never see it unlocked.
      Files.move(path.resolve(UNLOCKED), path.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
      RunFolder folder = new RunFolder(path, lock);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> delete(path), "tidemill-delete-run-folder"));
      return folder;
    } catch (IOException unwritable) {
      throw new UncheckedIOException(
          "temporary folder '%s' (expected: one that can be written; -Djava.io.tmpdir names another)"
              .formatted(parent),
          unwritable);
    }
  }

  Path path() {
    return path;
  }

  private static void deleteAbandoned(Path parent) throws IOException {
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, PREFIX + "*")) {
      for (Path folder : folders) {
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

  /** With its lock last, by which the next run knows what is left of one as abandoned. */
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
      LOG.debug("{}: left to the next run", folder, stillWritten);
    }
  }
}
