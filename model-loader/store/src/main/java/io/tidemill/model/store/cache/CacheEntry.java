package io.tidemill.model.store.cache;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something in a {@link LocalModelCache}.
 *
 * @param digest of the version, {@code sha256:} and 64 hexadecimal digits
 * @param model the version it was fetched as, such as {@code fraud:1.4.2}; null where its manifest
 *     cannot be read
 * @param bytes on the disk, without the file system's own
 * @param lastUsed when someone asked for it last
 * @param inUse whether a process uses it now
 * @param leftover whether it is what a process left that died while it fetched
 */
public record CacheEntry(
    Path path,
    String digest,
    @Nullable String model,
    long bytes,
    Instant lastUsed,
    boolean inUse,
    boolean leftover) {
  public CacheEntry {
    requireNonNull(path, "path");
    requireNonNull(digest, "digest");
    requireNonNull(lastUsed, "lastUsed");
  }
}
