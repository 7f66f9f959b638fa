package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.CacheUnavailableException;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelVersion;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
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
 * <p>Thread-safe, and safe beside other processes with the same directory: one of them downloads a
 * version, the others wait for it.
 */
public final class LocalModelCache {
  /** The system property that names the directory. */
  public static final String PROPERTY = "tidemill.cache";

  /** The environment variable that names the directory where the property does not. */
  public static final String VARIABLE = "TIDEMILL_CACHE";

  private static final Logger LOG = LoggerFactory.getLogger(LocalModelCache.class);

  /** A file lock keeps processes apart, not the threads of one. */
  private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

  private final Path directory;

  public LocalModelCache(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  /**
   * The cache of this machine's user: in the folder that {@value #PROPERTY} or {@value #VARIABLE}
   * names, or {@code ~/.cache/tidemill/models}.
   */
  public static LocalModelCache ofUser() {
    return new LocalModelCache(
        directory(
            System.getProperty(PROPERTY),
            System.getenv(VARIABLE),
            System.getProperty("user.home", "")));
  }

  static Path directory(@Nullable String property, @Nullable String variable, String home) {
    if (property != null && !property.isBlank()) {
      return Path.of(property);
    }
    return variable != null && !variable.isBlank()
        ? Path.of(variable)
        : Path.of(home, ".cache", "tidemill", "models");
  }

  public Path directory() {
    return directory;
  }

  /**
   * A folder with a version's proved files, which stay unchanged by this cache. Blocks while they
   * are downloaded and proved.
   *
   * @throws InvalidModelException if the store's files are not those of the manifest
   * @throws CacheUnavailableException if the directory cannot be written or read
   * @throws io.tidemill.model.StoreUnavailableException if the store does not answer
   */
  public Path files(ModelStore store, ModelManifest manifest) {
    requireNonNull(store, "store");
    String hex = hex(manifest.digest());
    return locked(
        hex,
        () -> {
          Path entry = directory.resolve(hex);
          if (Files.exists(entry, LinkOption.NOFOLLOW_LINKS)) {
            List<String> damage = ModelFiles.differences(manifest, filesOf(entry));
            if (damage.isEmpty()) {
              return filesOf(entry);
            }
            LOG.warn(
                "{} in cache {} is damaged and fetched again: {}", manifest.ref(), entry, damage);
            ModelFiles.delete(entry);
          }
          fetch(store, manifest, hex);
          return filesOf(entry);
        });
  }

  private static String hex(String digest) {
    return digest.substring(digest.indexOf(':') + 1);
  }

  private static Path filesOf(Path entry) {
    return entry.resolve(StoreLayout.FILES);
  }

  // Holding the digest's lock: what lies beside the entry is from a process that died.
  private void fetch(ModelStore store, ModelManifest manifest, String hex) throws IOException {
    deleteLeftovers(hex);
    Path part = Files.createTempDirectory(directory, "." + hex + ".");
    try {
      store.download(manifest, filesOf(part));
      List<String> differences = ModelFiles.differences(manifest, filesOf(part));
      if (!differences.isEmpty()) {
        throw new InvalidModelException(
            "%s (%s) in store %s is not what its manifest says: %s; nothing of it is used, publish the version again under another number"
                .formatted(
                    manifest.ref(),
                    manifest.digest(),
                    store.uri(),
                    String.join("; ", differences)));
      }
      Files.writeString(part.resolve(StoreLayout.MANIFEST), ManifestYaml.write(manifest));
      Files.move(part, directory.resolve(hex), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      ModelFiles.delete(part);
    }
  }

  private void deleteLeftovers(String hex) throws IOException {
    try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, "." + hex + ".*")) {
      for (Path leftover : leftovers) {
        ModelFiles.delete(leftover);
      }
    }
  }

  /**
   * The proved files of a version that was fetched before, without asking any store; empty if there
   * are none or they are damaged.
   *
   * @throws CacheUnavailableException if the directory cannot be written or read
   */
  public Optional<Path> fetched(ModelVersion version) {
    String hex = hex(version.digest());
    return locked(
        hex,
        () -> {
          Path entry = directory.resolve(hex);
          Path yaml = entry.resolve(StoreLayout.MANIFEST);
          if (!Files.isRegularFile(yaml, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
          }
          String damage = damage(version, yaml, filesOf(entry));
          if (!damage.isEmpty()) {
            LOG.warn("{} in cache {} is damaged: {}", version, entry, damage);
            return Optional.empty();
          }
          return Optional.of(filesOf(entry));
        });
  }

  private static String damage(ModelVersion version, Path yaml, Path files) throws IOException {
    try {
      ModelManifest manifest = ManifestYaml.read(yaml.toString(), Files.readString(yaml));
      return manifest.digest().equals(version.digest())
          ? String.join("; ", ModelFiles.differences(manifest, files))
          : "manifest of " + manifest.digest();
    } catch (InvalidModelException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private <T> T locked(String hex, StoreFiles.Operation<T> operation) {
    Path file = directory.resolve(hex + ".lock");
    ReentrantLock lock = IN_PROCESS.computeIfAbsent(file, unused -> new ReentrantLock());
    try {
      lock.lockInterruptibly();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    try {
      Files.createDirectories(directory);
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock unused = channel.lock()) {
        return operation.run();
      }
    } catch (ClosedByInterruptException | FileLockInterruptionException e) {
      throw interrupted(e);
    } catch (IOException e) {
      throw new CacheUnavailableException(
          "model cache '%s': %s; free space there or name another folder with -D%s=… or %s"
              .formatted(directory, e, PROPERTY, VARIABLE),
          e);
    } finally {
      lock.unlock();
    }
  }

  private CacheUnavailableException interrupted(Exception cause) {
    Thread.currentThread().interrupt();
    return new CacheUnavailableException(
        "model cache '" + directory + "': interrupted while a version was fetched", cause);
  }
}
