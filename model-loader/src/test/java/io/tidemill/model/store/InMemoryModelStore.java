package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.CacheUnavailableException;
import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelConflictException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A store for tests, which can be taken down and tampered with.
 *
 * <p>Thread-safe.
 */
public final class InMemoryModelStore implements ModelStore {
  private static final Instant CREATED = Instant.parse("2026-11-01T12:00:00Z");

  private record Published(
      ModelManifest manifest,
      Map<String, byte[]> files,
      Map<String, DetachedSignature> signatures) {
    Published(ModelManifest manifest, Map<String, byte[]> files) {
      this(manifest, files, new TreeMap<>());
    }
  }

  private final Map<String, Map<SemanticVersion, Published>> models = new TreeMap<>();
  private final Map<String, Map<String, SemanticVersion>> aliases = new TreeMap<>();
  private boolean down;
  private int downloads;

  /** From now on every method but this one throws, until it is up again. */
  public synchronized void down(boolean value) {
    down = value;
  }

  /** Downloads so far. */
  public synchronized int downloads() {
    return downloads;
  }

  /** Changes, adds or (without bytes) removes a file behind the manifest's back. */
  public synchronized void tamper(ModelManifest manifest, String path, byte... bytes) {
    Map<String, byte[]> files = published(manifest.name(), manifest.version()).files();
    if (bytes.length == 0) {
      files.remove(path);
    } else {
      files.put(path, bytes);
    }
  }

  /** Puts a manifest in the place of one that is there. */
  public synchronized void replace(ModelManifest manifest) {
    Map<String, byte[]> files = published(manifest.name(), manifest.version()).files();
    versionsOf(manifest.name()).put(manifest.version(), new Published(manifest, files));
  }

  @Override
  public String uri() {
    return "memory:store";
  }

  private void checkUp() {
    if (down) {
      throw new StoreUnavailableException("store '" + uri() + "': down");
    }
  }

  @Override
  public synchronized ModelManifest push(ModelDraft draft, Path fileOrDirectory) {
    checkUp();
    Map<String, byte[]> files = new TreeMap<>();
    List<ModelFile> measured = new ArrayList<>();
    try {
      for (Map.Entry<String, Path> file : ModelFiles.list(fileOrDirectory).entrySet()) {
        measured.add(ModelFiles.measure(file.getKey(), file.getValue()));
        files.put(file.getKey(), Files.readAllBytes(file.getValue()));
      }
    } catch (IOException e) {
      throw new InvalidModelException("model files '" + fileOrDirectory + "': " + e, e);
    }
    ModelManifest manifest = ModelManifest.of(draft, CREATED, measured);
    Map<SemanticVersion, Published> versions =
        models.computeIfAbsent(draft.name(), name -> new TreeMap<>());
    Published there = versions.putIfAbsent(draft.version(), new Published(manifest, files));
    if (there != null && !there.manifest().digest().equals(manifest.digest())) {
      throw new ModelConflictException(
          "%s: in store %s already, with digest %s (pushed: %s)"
              .formatted(manifest.ref(), uri(), there.manifest().digest(), manifest.digest()));
    }
    return there == null ? manifest : there.manifest();
  }

  private Map<SemanticVersion, Published> versionsOf(String name) {
    Map<SemanticVersion, Published> versions = models.get(name);
    if (versions == null) {
      throw NotFound.model(uri(), name, models.keySet());
    }
    return versions;
  }

  private Published published(String name, SemanticVersion version) {
    Published published = versionsOf(name).get(version);
    if (published == null) {
      throw NotFound.version(uri(), name, version, versionsOf(name).keySet());
    }
    return published;
  }

  @Override
  public synchronized ModelManifest manifest(String name, SemanticVersion version) {
    checkUp();
    return published(name, version).manifest();
  }

  @Override
  public synchronized ModelVersion resolve(ModelRef ref) {
    checkUp();
    SemanticVersion version = ref.version();
    if (version == null) {
      version = aliased(ref.name(), requireNonNull(ref.alias()));
    }
    return published(ref.name(), version).manifest().modelVersion();
  }

  private SemanticVersion aliased(String name, String alias) {
    Map<SemanticVersion, Published> there = versionsOf(name);
    if (alias.equals(ModelRef.LATEST)) {
      return there.keySet().stream()
          .filter(version -> version.preRelease().isEmpty())
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> NotFound.release(uri(), name, there.keySet()));
    }
    Map<String, SemanticVersion> named = aliases.getOrDefault(name, Map.of());
    SemanticVersion version = named.get(alias);
    if (version == null) {
      throw NotFound.alias(uri(), name, alias, named.keySet());
    }
    return version;
  }

  @Override
  public synchronized List<String> models() {
    checkUp();
    return List.copyOf(models.keySet());
  }

  @Override
  public synchronized List<ModelManifest> versions(String name) {
    checkUp();
    return versionsOf(name).values().stream().map(Published::manifest).toList();
  }

  @Override
  public synchronized void alias(String name, String alias, SemanticVersion version) {
    checkUp();
    ModelRef.checkName("alias of model '" + name + "'", alias);
    if (alias.equals(ModelRef.LATEST)) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: another name)".formatted(name, alias));
    }
    published(name, version);
    aliases.computeIfAbsent(name, unused -> new TreeMap<>()).put(alias, version);
  }

  @Override
  public synchronized Map<String, SemanticVersion> aliases(String name) {
    checkUp();
    versionsOf(name);
    return Map.copyOf(aliases.getOrDefault(name, Map.of()));
  }

  @Override
  public synchronized List<DetachedSignature> signatures(String name, SemanticVersion version) {
    checkUp();
    return List.copyOf(published(name, version).signatures().values());
  }

  @Override
  public synchronized void addSignature(
      String name, SemanticVersion version, DetachedSignature signature) {
    checkUp();
    published(name, version).signatures().put(signature.fingerprint(), signature);
  }

  @Override
  public synchronized void download(ModelManifest manifest, Path target) {
    checkUp();
    downloads++;
    try {
      for (Map.Entry<String, byte[]> file :
          published(manifest.name(), manifest.version()).files().entrySet()) {
        Path path = target.resolve(file.getKey());
        Files.createDirectories(requireNonNull(path.getParent()));
        Files.write(path, file.getValue());
      }
    } catch (IOException e) {
      throw new CacheUnavailableException("'" + target + "': " + e, e);
    }
  }
}
