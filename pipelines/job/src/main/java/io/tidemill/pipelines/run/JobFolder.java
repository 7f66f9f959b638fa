package io.tidemill.pipelines.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What belongs to a job beside its file, {@code .tidemill/<name>}, for the eyes of its owner only:
 * the lease that one run at a time holds, what others ask of that run, and where the job keeps its
 * checkpoints unless it names another place.
 *
 * <p>The lease is a lock, which the system lets go of whatever the process died of. The text of its
 * file is for people: who holds it or, at last, what the holder left. No link is followed from it,
 * so that nothing of another place is overwritten.
 *
 * <p>Thread-safe.
 */
public final class JobFolder {
  private static final Logger LOG = LoggerFactory.getLogger(JobFolder.class);
  private static final String PARENT = ".tidemill";
  private static final String LEASE = "lease";
  private static final String STOP = "stop";
  private static final String KEEP = "keep";

  // Behind the text, so that others can read it where a lock is mandatory.
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private final Path file;
  private final Path path;

  private JobFolder(Path file, String job) {
    this.file = file.toAbsolutePath().normalize();
    this.path = this.file.resolveSibling(PARENT).resolve(job);
  }

  /**
   * That of a job; it need not be there.
   *
   * @param file the job's file
   */
  public static JobFolder of(Path file, String job) {
    return new JobFolder(file, job);
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** A path as the job's file means it. */
  Path besideJob(String written) {
    return file.resolveSibling(written);
  }

  /**
   * Takes the lease, and forgets what was asked of the holder before.
   *
   * @param holder a line that tells others who it is
   * @return the lease; empty if another run holds it, also one in this process
   * @throws UncheckedIOException if the folder cannot be written
   */
  public Optional<Lease> take(String holder) {
    try {
      make(path);
      FileChannel channel =
          FileChannel.open(
              path.resolve(LEASE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      FileLock lock = lock(channel);
      if (lock == null) {
        channel.close();
        return Optional.empty();
      }
      Files.deleteIfExists(path.resolve(STOP));
      Lease lease = new Lease(channel);
      lease.say(holder);
      return Optional.of(lease);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock(LOCKED_BYTE, 1, false);
    } catch (OverlappingFileLockException ours) {
      return null;
    }
  }

  private static void make(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder.getParent());
      boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
      FileAttribute<?>[] ownersOnly =
          posix
              ? new FileAttribute<?>[] {
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
              }
              : new FileAttribute<?>[0];
      try {
        Files.createDirectory(folder, ownersOnly);
      } catch (FileAlreadyExistsException made) {
        // By another first run, which then holds the lease or waits for it; a file is in the way.
        if (!Files.isDirectory(folder)) {
          throw made;
        }
      }
    }
  }

  /**
   * What the holder of the lease says of itself, or the last one said at its end. Not for the
   * holder's process, which would lose the lock with any other handle to its file.
   */
  public String said() {
    try {
      return Files.readString(path.resolve(LEASE)).strip();
    } catch (IOException nobodyYet) {
      return "";
    }
  }

  /** Whether a run of another process holds the lease. */
  public boolean held() {
    if (!Files.exists(path.resolve(LEASE))) {
      return false;
    }
    try (FileChannel channel =
        FileChannel.open(
            path.resolve(LEASE), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      return lock(channel) == null;
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * Asks the run that holds the lease to stop in order, and blocks until it has let go.
   *
   * @param keep whether it leaves a savepoint that stays
   * @return whether it did so within the limit
   */
  public boolean stop(boolean keep, Duration limit) throws InterruptedException {
    try {
      // In one step, as the run looks for it at any time.
      Path asked = path.resolve(STOP + ".new");
      Files.writeString(
          asked,
          keep ? KEEP : "",
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
      Files.move(asked, path.resolve(STOP), StandardCopyOption.ATOMIC_MOVE);
      return released(limit);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }

  private boolean released(Duration limit) throws IOException, InterruptedException {
    try (FileChannel channel =
        FileChannel.open(
            path.resolve(LEASE), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      CompletableFuture<FileLock> lock =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return channel.lock(LOCKED_BYTE, 1, false);
                } catch (IOException closed) {
                  throw new UncheckedIOException(closed);
                }
              });
      lock.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException stillHeld) {
      return false;
    } catch (ExecutionException failed) {
      throw new IOException(failed.getCause());
    }
  }

  /** The right to run the job, until it is closed or the process ends. */
  public final class Lease implements AutoCloseable {
    // Its lock goes when it is closed.
    private final FileChannel channel;

    private Lease(FileChannel channel) {
      this.channel = channel;
    }

    /** Tells others a line in place of the one before, if it can: the lock alone is the lease. */
    public void say(String line) {
      try {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)), 0);
      } catch (IOException unwritable) {
        LOG.warn("{}: cannot be written: {}", path, unwritable.getMessage());
      }
    }

    /** Whether someone asked for the end; then, whether with a savepoint that stays. */
    public Optional<Boolean> stopAsked() {
      try {
        return Optional.of(Files.readString(path.resolve(STOP)).equals(KEEP));
      } catch (IOException nobody) {
        return Optional.empty();
      }
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }
}
