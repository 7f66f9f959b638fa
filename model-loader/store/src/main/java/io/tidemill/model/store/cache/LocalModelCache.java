package io.tidemill.model.store.cache;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.UnavailableHereException;
import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.apache.commons.io.file.PathUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proved copies of versions on this machine, one folder per digest.
 *
 * <p>A version is downloaded beside its folder, proved file by file, and then moved there in one
 * step, so a folder is whole or not there. It is proved again each time it is asked for, because
 * disks and people change files: a damaged copy is thrown away and downloaded once more.
 *
 * <p>Only this process's user may own and write the directory and what is in it: bytes that others
 * can change between their proof and their load are refused.
 *
 * <p>After a download, the copies that nobody asked for the longest are deleted until all together
 * are within the cache's limit. A copy that any process uses stays, so those in use may be more
 * than the limit.
 *
 * <p>Thread-safe, and safe beside other processes with the same directory: one of them downloads a
 * version, the others wait for it.
 */
public final class LocalModelCache {
  /** The system property that names the directory. */
  public static final String PROPERTY = "tidemill.cache";

  /** The environment variable that names the directory where the property does not. */
  public static final String VARIABLE = "TIDEMILL_CACHE";

  /** The system property that holds the limit, such as {@code 10GiB}. */
  public static final String SIZE_PROPERTY = "tidemill.cache.max-size";

  /** The environment variable that holds the limit where the property does not. */
  public static final String SIZE_VARIABLE = "TIDEMILL_CACHE_MAX_SIZE";

  /** The limit where nothing is said. */
  public static final ByteSize DEFAULT_MAX_SIZE = new ByteSize(20L << 30);

  private static final Logger LOG = LoggerFactory.getLogger(LocalModelCache.class);

  private final Path directory;
  private final ByteSize maxSize;
  private final CacheLocks locks;
  private final CacheEviction eviction;
  private final InstantSource clock;

  /** A cache with the limit {@link #DEFAULT_MAX_SIZE}. */
  public LocalModelCache(Path directory) {
    this(directory, DEFAULT_MAX_SIZE);
  }

  /**
   * A cache.
   *
   * @param maxSize what is deleted down to after a download
   */
  public LocalModelCache(Path directory, ByteSize maxSize) {
    this(directory, maxSize, InstantSource.system());
  }

  LocalModelCache(Path directory, ByteSize maxSize, InstantSource clock) {
    this.directory = directory.toAbsolutePath().normalize();
    this.maxSize = requireNonNull(maxSize, "maxSize");
    this.clock = requireNonNull(clock, "clock");
    this.locks = new CacheLocks(this.directory);
    this.eviction = new CacheEviction(this.directory, locks);
  }

  /**
   * The cache of this machine's user: in the folder that {@value #PROPERTY} or {@value #VARIABLE}
   * names, or {@code ~/.cache/tidemill/models}; as large as {@value #SIZE_PROPERTY} or {@value
   * #SIZE_VARIABLE} says, or {@link #DEFAULT_MAX_SIZE}.
   *
   * @throws UnavailableHereException if the size is none
   */
  public static LocalModelCache ofUser() {
    return new LocalModelCache(
        directory(
            System.getProperty(PROPERTY),
            System.getenv(VARIABLE),
            System.getProperty("user.home", "")),
        maxSize(System.getProperty(SIZE_PROPERTY), System.getenv(SIZE_VARIABLE)));
  }

  static Path directory(@Nullable String property, @Nullable String variable, String home) {
    String said = said(property, variable);
    return said == null ? Path.of(home, ".cache", "tidemill", "models") : Path.of(said);
  }

  static ByteSize maxSize(@Nullable String property, @Nullable String variable) {
    String said = said(property, variable);
    try {
      return said == null ? DEFAULT_MAX_SIZE : ByteSize.parse(said);
    } catch (IllegalArgumentException e) {
      throw new UnavailableHereException(
          "limit of the model cache: %s; correct -D%s=… or %s"
              .formatted(e.getMessage(), SIZE_PROPERTY, SIZE_VARIABLE),
          e);
    }
  }

  private static @Nullable String said(@Nullable String property, @Nullable String variable) {
    if (property != null && !property.isBlank()) {
      return property;
    }
    return variable == null || variable.isBlank() ? null : variable;
  }

  public Path directory() {
    return directory;
  }

  public ByteSize maxSize() {
    return maxSize;
  }

  /**
   * A version's proved files, which stay where they are and unchanged by any cache until they are
   * closed. Blocks while they are downloaded and proved.
   *
   * @param listener told of the bytes that are downloaded, if any are
   * @throws InvalidModelException if the store's files are not those of the manifest
   * @throws UnavailableHereException if the directory cannot be written or read
   * @throws io.tidemill.model.StoreUnavailableException if the store does not answer
   */
  public CachedModel open(ModelStore store, ModelManifest manifest, TransferListener listener) {
    requireNonNull(store, "store");
    String hex = hex(manifest.digest());
    CachedModel copy =
        locked(
            hex,
            () -> {
              Path entry = directory.resolve(hex);
              boolean proved = proved(manifest, entry);
              if (!proved) {
                fetch(store, manifest, hex, listener);
              }
              return use(hex, entry, !proved);
            });
    if (copy.fetched()) {
      evict();
    }
    return copy;
  }

  private static boolean proved(ModelManifest manifest, Path entry) throws IOException {
    if (!Files.exists(entry, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    new OwnFolder(entry).check();
    String damage = manifest.damage(filesOf(entry));
    if (!damage.isEmpty()) {
      LOG.warn("{} in cache {} is damaged and fetched again: {}", manifest.ref(), entry, damage);
      PathUtils.delete(entry);
    }
    return damage.isEmpty();
  }

  // Holding the digest's lock.
  private CachedModel use(String hex, Path entry, boolean fetched) throws IOException {
    Files.setLastModifiedTime(entry, FileTime.from(clock.instant()));
    locks.use(hex);
    return new CachedModel(filesOf(entry), fetched, () -> release(hex));
  }

  private void release(String hex) {
    try {
      locks.release(hex);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private void evict() {
    try {
      eviction.prune(maxSize, null, false);
    } catch (IOException | UnavailableHereException e) {
      LOG.warn("model cache '{}': its limit {} is not kept", directory, maxSize, e);
    }
  }

  static String hex(String digest) {
    return digest.substring(digest.indexOf(':') + 1);
  }

  static Path filesOf(Path entry) {
    return entry.resolve("files");
  }

  // Holding the digest's lock: what lies beside the entry is from a process that died.
  private void fetch(
      ModelStore store, ModelManifest manifest, String hex, TransferListener listener)
      throws IOException {
    deleteLeftovers(hex);
    Path part = Files.createTempDirectory(directory, "." + hex + ".");
    try {
      store.download(manifest, filesOf(part), listener);
      Files.writeString(part.resolve(ModelManifest.FILE), manifest.yaml());
      Files.move(part, directory.resolve(hex), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      PathUtils.delete(part);
    }
  }

  private void deleteLeftovers(String hex) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, "." + hex + ".*")) {
      for (Path leftover : leftovers) {
        PathUtils.delete(leftover);
      }
    }
  }

  /**
   * The proved files of a version that was fetched before, without asking any store; empty if there
   * are none or they are damaged.
   *
   * @throws UnavailableHereException if the directory cannot be written or read
   */
  public Optional<CachedModel> openFetched(ModelVersion version) {
    String hex = hex(version.digest());
    return locked(
        hex,
        () -> {
          Path entry = directory.resolve(hex);
          Path yaml = entry.resolve(ModelManifest.FILE);
          if (!Files.isRegularFile(yaml, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
          }
          new OwnFolder(entry).check();
          String damage = damage(version, yaml, filesOf(entry));
          if (!damage.isEmpty()) {
            LOG.warn("{} in cache {} is damaged: {}", version, entry, damage);
            return Optional.empty();
          }
          return Optional.of(use(hex, entry, false));
        });
  }

  private static String damage(ModelVersion version, Path yaml, Path files) throws IOException {
    try {
      ModelManifest manifest = ModelManifest.parse(yaml.toString(), Files.readString(yaml));
      return manifest.digest().equals(version.digest())
          ? manifest.damage(files)
          : "manifest of " + manifest.digest();
    } catch (InvalidModelException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Where the copy of a digest is, which nobody proved now; empty if there is none. */
  public Optional<Path> find(String digest) {
    Path entry = directory.resolve(hex(digest));
    return Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(filesOf(entry))
        : Optional.empty();
  }

  /**
   * Everything in the cache, the longest unused first.
   *
   * @throws UnavailableHereException if the directory cannot be read
   */
  public List<CacheEntry> entries() {
    try {
      return eviction.entries();
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  /**
   * Deletes what processes left that died, what nobody asked for in a time, and then the longest
   * unused until the rest is within a limit. What any process uses stays.
   *
   * @param limit what is deleted down to
   * @param unusedFor what nobody asked for in this time goes too; null for no such limit
   * @param dryRun whether nothing is deleted
   * @return what was deleted, or would be
   * @throws UnavailableHereException if the directory cannot be read or written
   */
  public List<CacheEntry> prune(ByteSize limit, @Nullable Duration unusedFor, boolean dryRun) {
    try {
      Instant unusedSince = unusedFor == null ? null : clock.instant().minus(unusedFor);
      return eviction.prune(limit, unusedSince, dryRun);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private <T> T locked(String hex, CacheLocks.Operation<T> operation) {
    try {
      return locks.locked(hex, operation);
    } catch (InterruptedException | ClosedByInterruptException | FileLockInterruptionException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableHereException(
          "model cache '" + directory + "': interrupted while a version was fetched", e);
    } catch (IOException e) {
      throw unavailable(e);
    }
  }

  private UnavailableHereException unavailable(IOException cause) {
    return new UnavailableHereException(
        "model cache '%s': %s; free space there or name another folder with -D%s=… or %s"
            .formatted(directory, cause, PROPERTY, VARIABLE),
        cause);
  }
}
