package io.tidemill.model.store.cache;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what with an entry of a cache, between threads and between processes. The operating
 * system lets go of what a process holds when it dies.
 *
 * <p>Each entry has two lock files. {@code <hex>.lock} is held by whoever looks at the entry,
 * fetches or deletes it. {@code <hex>.use} is shared by those that use it, and taken whole by
 * whoever deletes it. They are two files because a process loses all its locks on a file when it
 * closes any channel to that file. A use begins and a deletion happens only under {@code
 * <hex>.lock}, always taken first.
 *
 * <p>Thread-safe.
 */
final class CacheLocks {
  /** A file lock keeps processes apart, not the threads of one. */
  private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

  /** The uses of this process; guarded by itself. */
  private static final Map<Path, Use> USES = new HashMap<>();

  private final Path directory;

  CacheLocks(Path directory) {
    this.directory = directory;
  }

  /** What is done under a lock. */
  interface Operation<T> {
    T run() throws IOException;
  }

  /** The shared lock of this process on one entry. */
  private static final class Use {
    final FileChannel channel;
    int count = 1;

    Use(FileChannel channel) {
      this.channel = channel;
    }
  }

  private Path lockFile(String hex) {
    return directory.resolve(hex + ".lock");
  }

  private Path useFile(String hex) {
    return directory.resolve(hex + ".use");
  }

  /** Runs an operation while nobody else looks at the entry; waits for those that do. */
  <T> T locked(String hex, Operation<T> operation) throws IOException, InterruptedException {
    ReentrantLock lock = inProcess(hex);
    lock.lockInterruptibly();
    try {
      OwnFolder own = new OwnFolder(directory);
      own.create();
      own.check();
      try (FileChannel channel = open(lockFile(hex));
          FileLock unused = channel.lock()) {
        return operation.run();
      }
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #locked}, but empty instead of waiting. */
  <T> Optional<T> ifFree(String hex, Operation<T> operation) throws IOException {
    ReentrantLock lock = inProcess(hex);
    if (lock.isHeldByCurrentThread() || !lock.tryLock()) {
      return Optional.empty();
    }
    try (FileChannel channel = open(lockFile(hex));
        FileLock held = tryLock(channel)) {
      return held == null ? Optional.empty() : Optional.of(operation.run());
    } finally {
      lock.unlock();
    }
  }

  private ReentrantLock inProcess(String hex) {
    return IN_PROCESS.computeIfAbsent(lockFile(hex), unused -> new ReentrantLock());
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Begins a use. Holding {@code <hex>.lock}. */
  void use(String hex) throws IOException {
    Path file = useFile(hex);
    synchronized (USES) {
      Use use = USES.get(file);
      if (use != null) {
        use.count++;
        return;
      }
      FileChannel channel = open(file);
      try {
        channel.lock(0, Long.MAX_VALUE, true);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
      USES.put(file, new Use(channel));
    }
  }

  /** Ends a use. */
  void release(String hex) throws IOException {
    Path file = useFile(hex);
    synchronized (USES) {
      Use use = USES.get(file);
      if (use == null) {
        throw new IllegalStateException("use of '" + file + "': ended already");
      }
      use.count--;
      if (use.count == 0) {
        USES.remove(file);
        use.channel.close();
      }
    }
  }

  /** Whether any process uses the entry. */
  boolean used(String hex) throws IOException {
    return unlessUsed(hex, () -> Boolean.TRUE).isEmpty();
  }

  /** Runs an operation that must be short, unless any process uses the entry. */
  <T> Optional<T> unlessUsed(String hex, Operation<T> operation) throws IOException {
    Path file = useFile(hex);
    synchronized (USES) {
      if (USES.containsKey(file)) {
        return Optional.empty();
      }
      try (FileChannel channel = openExisting(file);
          FileLock held = channel == null ? null : tryLock(channel)) {
        return channel != null && held == null ? Optional.empty() : Optional.of(operation.run());
      }
    }
  }

  private static @Nullable FileChannel openExisting(Path file) throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** Forgets who used an entry that is gone. Holding {@code <hex>.lock}. */
  void deleteUseFile(String hex) throws IOException {
    Files.deleteIfExists(useFile(hex));
  }
}
