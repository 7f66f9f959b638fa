package io.tidemill.model.store;

import io.tidemill.model.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.Path;

/**
 * The right to change a version's manifest, for one publisher at a time, on file systems that only
 * promise to list a file once it is written.
 *
 * <p>A publisher writes a claim with a name of its own and lists the folder. Alone, it holds the
 * right: whoever comes later sees its claim. Otherwise the one with the lowest name waits for the
 * others to go, and they withdraw and come back. A claim is held for the writing of a manifest, not
 * for the copying of files; one that is older than ten minutes by the store's own clock is of a
 * process that died, and is deleted.
 *
 * <p>Not thread-safe: one object per attempt.
 */
final class VersionClaim {
  private static final String PREFIX = ".claim-";
  private static final long DEAD_MILLIS = Duration.ofMinutes(10).toMillis();
  private static final long WAIT_NANOS = Duration.ofSeconds(60).toNanos();
  private static final long PAUSE_NANOS = Duration.ofMillis(20).toNanos();

  private final StoreFiles files;
  private final Path folder;
  private final Path claim;

  VersionClaim(StoreFiles files, Path folder) {
    this.files = files;
    this.folder = folder;
    this.claim = new Path(folder, PREFIX + UUID.randomUUID());
  }

  /**
   * Runs an operation while nobody else holds the right.
   *
   * @throws StoreUnavailableException if another publisher does not let go of it within a minute
   */
  <T> T hold(Supplier<T> operation) {
    long deadlineNanos = System.nanoTime() + WAIT_NANOS;
    try {
      while (true) {
        // Not empty: Flink's own S3 file system takes an object without bytes for a folder.
        files.write(claim, claim.getName());
        if (alone(deadlineNanos)) {
          return operation.get();
        }
        files.delete(claim);
        pause(deadlineNanos);
      }
    } finally {
      files.delete(claim);
    }
  }

  /** Whether all others are gone; false if one of them has a lower name and this one withdraws. */
  private boolean alone(long deadlineNanos) {
    for (List<String> others = others(); !others.isEmpty(); others = others()) {
      if (others.stream().anyMatch(other -> other.compareTo(claim.getName()) < 0)) {
        return false;
      }
      pause(deadlineNanos);
    }
    return true;
  }

  private List<String> others() {
    List<FileStatus> claims =
        files.list(folder).stream()
            .filter(status -> status.getPath().getName().startsWith(PREFIX))
            .toList();
    long now = claims.stream().mapToLong(FileStatus::getModificationTime).max().orElse(0);
    List<String> others = new ArrayList<>();
    for (FileStatus status : claims) {
      if (now - status.getModificationTime() > DEAD_MILLIS) {
        files.delete(status.getPath());
      } else if (!status.getPath().getName().equals(claim.getName())) {
        others.add(status.getPath().getName());
      }
    }
    return others;
  }

  private void pause(long deadlineNanos) {
    if (System.nanoTime() - deadlineNanos > 0) {
      throw new StoreUnavailableException(
          "'%s': another publisher has claimed this version for a minute; try again later"
              .formatted(folder));
    }
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(PAUSE_NANOS / 4, PAUSE_NANOS));
    if (Thread.currentThread().isInterrupted()) {
      throw new StoreUnavailableException(
          "'%s': interrupted while another publisher had claimed this version".formatted(folder));
    }
  }
}
