package io.tidemill.model.store;

import static java.util.Objects.requireNonNull;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreUnavailableException;
import io.tidemill.model.UnavailableHereException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A store for tests, which can be taken down and tampered with.
 *
 * <p>Thread-safe.
 */
public final class InMemoryModelStore implements ModelStore {
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
  private StorePolicy policy = StorePolicy.NONE;
  private boolean down;
  private int downloads;

  /** From now on every method but this one throws, until it is up again. */
  public synchronized void down(boolean value) {
    down = value;
  }

  /** Demands what the policy says from now on. */
  public synchronized void policy(StorePolicy value) {
    policy = value;
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
  public synchronized StorePolicy policy() {
    checkUp();
    return policy;
  }

  @Override
  public synchronized ModelManifest push(
      ModelDraft draft, Path fileOrDirectory, TransferListener listener) {
    checkUp();
    Publication publication = Publication.of(draft, fileOrDirectory);
    ModelManifest manifest = publication.manifest();
    Optional<ModelManifest> there = checkPush(manifest);
    if (there.isPresent()) {
      return there.get();
    }
    Transfer transfer = new Transfer(manifest, listener);
    Map<String, byte[]> files = new TreeMap<>();
    publication
        .sources()
        .forEach(
            (path, source) -> {
              byte[] bytes = bytes(source);
              files.put(path, bytes);
              transfer.add(bytes.length);
            });
    models
        .computeIfAbsent(draft.name(), name -> new TreeMap<>())
        .put(draft.version(), new Published(manifest, files));
    return manifest;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InvalidModelException("model file '" + file + "': " + e, e);
    }
  }

  @Override
  public synchronized Optional<ModelManifest> find(String name, SemanticVersion version) {
    checkUp();
    return Optional.ofNullable(models.getOrDefault(name, Map.of()).get(version))
        .map(Published::manifest);
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
  public synchronized List<SemanticVersion> versions(String name) {
    checkUp();
    return List.copyOf(versionsOf(name).keySet());
  }

  @Override
  public synchronized void alias(String name, String alias, SemanticVersion version) {
    checkUp();
    checkAlias(name, alias, version);
    aliases.computeIfAbsent(name, unused -> new TreeMap<>()).put(alias, version);
  }

  @Override
  public synchronized SemanticVersion removeAlias(String name, String alias) {
    checkUp();
    SemanticVersion meant = aliased(name, alias);
    aliases.getOrDefault(name, new TreeMap<>()).remove(alias);
    return meant;
  }

  @Override
  public synchronized void delete(String name, SemanticVersion version) {
    checkUp();
    checkDelete(name, version);
    versionsOf(name).remove(version);
    models.values().removeIf(Map::isEmpty);
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
  public synchronized void download(
      ModelManifest manifest, Path target, TransferListener listener) {
    checkUp();
    downloads++;
    Transfer transfer = new Transfer(manifest, listener);
    try {
      for (Map.Entry<String, byte[]> file :
          published(manifest.name(), manifest.version()).files().entrySet()) {
        Path path = target.resolve(file.getKey());
        Files.createDirectories(requireNonNull(path.getParent()));
        Files.write(path, file.getValue());
        transfer.add(file.getValue().length);
      }
    } catch (IOException e) {
      throw new UnavailableHereException("'" + target + "': " + e, e);
    }
  }

  @Override
  public synchronized List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    checkUp();
    Map<String, byte[]> files = published(manifest.name(), manifest.version()).files();
    List<FileProblem> problems = StoredFiles.differences(manifest, List.copyOf(files.keySet()));
    Transfer transfer = new Transfer(manifest, listener);
    for (ModelFile file : manifest.files()) {
      byte[] bytes = files.get(file.path());
      if (bytes != null) {
        transfer.add(bytes.length);
        String sha256 = HexFormat.of().formatHex(ManifestDigest.sha256().digest(bytes));
        if (bytes.length != file.size()) {
          problems.add(FileProblem.size(file, bytes.length));
        } else if (!sha256.equals(file.sha256())) {
          problems.add(FileProblem.changed(file, sha256));
        }
      }
    }
    problems.sort(Comparator.comparing(FileProblem::path));
    return problems;
  }
}
