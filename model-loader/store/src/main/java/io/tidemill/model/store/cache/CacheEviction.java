package io.tidemill.model.store.cache;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelManifest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.file.PathUtils;
import org.jspecify.annotations.Nullable;

/**
 * What is in a cache, and how it is made smaller.
 *
 * <p>Thread-safe, and safe beside other processes.
 */
final class CacheEviction {
  /** An entry, or a folder beside one. */
  private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})|\\.([0-9a-f]{64})\\..+");

  private final Path directory;
  private final CacheLocks locks;

  CacheEviction(Path directory, CacheLocks locks) {
    this.directory = directory;
    this.locks = locks;
  }

  /** Everything there is, the longest unused first. */
  List<CacheEntry> entries() throws IOException {
    List<CacheEntry> entries = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> paths = Files.newDirectoryStream(directory)) {
        for (Path path : paths) {
          Matcher name = NAME.matcher(String.valueOf(path.getFileName()));
          if (name.matches()) {
            entry(path, name).ifPresent(entries::add);
          }
        }
      }
    }
    entries.sort(
        Comparator.comparing(CacheEntry::leftover)
            .reversed()
            .thenComparing(CacheEntry::lastUsed)
            .thenComparing(CacheEntry::digest));
    return entries;
  }

  /** The entry, unless another process deletes it meanwhile. */
  private Optional<CacheEntry> entry(Path path, Matcher name) throws IOException {
    boolean leftover = name.group(1) == null;
    String hex = leftover ? name.group(2) : name.group(1);
    boolean inUse = leftover ? locks.ifFree(hex, () -> true).isEmpty() : locks.used(hex);
    try {
      return Optional.of(
          new CacheEntry(
              path,
              "sha256:" + hex,
              leftover ? null : model(path),
              PathUtils.sizeOfDirectory(path),
              Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant(),
              inUse,
              leftover));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static @Nullable String model(Path entry) throws IOException {
    Path yaml = entry.resolve(ModelManifest.FILE);
    try {
      return ModelManifest.parse(yaml.toString(), Files.readString(yaml)).ref().toString();
    } catch (InvalidModelException | NoSuchFileException e) {
      return null;
    }
  }

  /**
   * Deletes leftovers, what is unused since an instant, and then the longest unused until the rest
   * is within the limit.
   */
  List<CacheEntry> prune(ByteSize limit, @Nullable Instant unusedSince, boolean dryRun)
      throws IOException {
    List<CacheEntry> entries = entries();
    long bytes = entries.stream().mapToLong(CacheEntry::bytes).sum();
    List<CacheEntry> deleted = new ArrayList<>();
    for (CacheEntry entry : entries) {
      boolean old = unusedSince != null && entry.lastUsed().isBefore(unusedSince);
      if (!entry.inUse()
          && (entry.leftover() || old || bytes > limit.bytes())
          && (dryRun || delete(entry))) {
        deleted.add(entry);
        bytes -= entry.bytes();
      }
    }
    return deleted;
  }

  /** Deletes an entry, unless a process looks at it or uses it. */
  private boolean delete(CacheEntry entry) throws IOException {
    String hex = LocalModelCache.hex(entry.digest());
    Optional<Boolean> deleted =
        locks.ifFree(
            hex,
            () -> {
              if (entry.leftover()) {
                PathUtils.delete(entry.path());
                return true;
              }
              Path aside = directory.resolve("." + hex + "." + UUID.randomUUID());
              Optional<Path> moved =
                  locks.unlessUsed(
                      hex, () -> Files.move(entry.path(), aside, StandardCopyOption.ATOMIC_MOVE));
              if (moved.isPresent()) {
                locks.deleteUseFile(hex);
                PathUtils.delete(aside);
              }
              return moved.isPresent();
            });
    return deleted.orElse(false);
  }
}
