package io.tidemill.model.importing.archive;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.store.ByteSize;

/**
 * How much an archive may hold. What is over a limit is refused as soon as it is known, which is
 * before it is on the disk.
 *
 * @param total of all files together, unpacked
 * @param perEntry of one file, unpacked
 * @param entries files and folders
 * @param ratio how many times as large as the archive the unpacked files may be; archives that
 *     unpack to less than 16 MiB are not measured by it
 */
public record ArchiveLimits(ByteSize total, ByteSize perEntry, int entries, int ratio) {
  /** What applies where nothing is said: 32 GiB, 16 GiB per file, 10,000 entries, 100 times. */
  public static final ArchiveLimits DEFAULT =
      new ArchiveLimits(new ByteSize(32L << 30), new ByteSize(16L << 30), 10_000, 100);

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a limit is less than 1
   */
  public ArchiveLimits {
    requireNonNull(total, "total");
    requireNonNull(perEntry, "perEntry");
    check("bytes of an archive", total.bytes());
    check("bytes of an entry", perEntry.bytes());
    check("entries of an archive", entries);
    check("ratio of an archive", ratio);
  }

  private static void check(String subject, long limit) {
    if (limit < 1) {
      throw new IllegalArgumentException(subject + ": " + limit + " (expected: >= 1)");
    }
  }
}
