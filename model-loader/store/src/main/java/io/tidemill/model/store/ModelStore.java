package io.tidemill.model.store;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import io.tidemill.model.StoreUnavailableException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where published versions live. A version exists when its manifest does and never changes; an
 * alias is a name for a version and may be moved to another one. What the store's policy forbids,
 * it refuses. What differs between kinds of stores is in their {@link StoreBackend}.
 *
 * <p>Every method blocks on the store and throws {@link StoreUnavailableException} when it does not
 * answer, {@link StoreRefusedException} for a model, version or alias that is not there (naming
 * those that are) and for a change that the policy forbids, and {@link InvalidModelException} for
 * what is damaged.
 *
 * <p>Thread-safe, and safe beside other processes that use the store: of those that push different
 * content for one version at once, one wins and the others are told.
 */
public final class ModelStore {
  private final StoreBackend backend;
  private final StoreContents contents;

  /** A store that keeps everything in a backend. */
  public ModelStore(StoreBackend backend) {
    this.backend = backend;
    this.contents = new StoreContents(backend);
  }

  /**
   * Opens a store: on any file system that Flink reaches, with the credentials that Flink already
   * has, or of a kind that a {@link StoreProvider} knows. Nothing is written: a folder comes with
   * the first push.
   *
   * @param uri such as {@code s3://models/tidemill}; a plain path means a folder of this machine,
   *     and {@code oci://registry.example.com/models} a registry
   * @throws IllegalArgumentException if it is not a URI or carries a password
   * @throws StoreUnavailableException if what such a store needs is not there, or does not start
   */
  public static ModelStore open(String uri) {
    Optional<StoreProvider> provider =
        ServiceLoader.load(StoreProvider.class, StoreProvider.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .filter(candidate -> uri.startsWith(candidate.scheme() + ":"))
            .findFirst();
    if (provider.isEmpty() && uri.startsWith("oci:")) {
      throw new StoreUnavailableException(
          "store '%s': nothing here reads registries; put the artifact tidemill-store-oci and its dependencies on the classpath, in a cluster into Flink's lib folder"
              .formatted(uri));
    }
    return new ModelStore(
        provider.map(found -> found.open(uri)).orElseGet(() -> FolderBackend.open(uri)));
  }

  /** Where the store is, as messages name it. */
  public String uri() {
    return backend.uri();
  }

  /**
   * The manifest that {@link #push} would answer. Checks what a push checks and changes nothing.
   *
   * @throws StoreRefusedException if the version exists with other content
   */
  public ModelManifest plan(ModelDraft draft, Path fileOrDirectory) {
    ModelManifest manifest = Publication.of(draft, fileOrDirectory).manifest();
    return checkPush(manifest).orElse(manifest);
  }

  /** As {@link #push(ModelDraft, Path, TransferListener)}, with nobody listening. */
  public ModelManifest push(ModelDraft draft, Path fileOrDirectory) {
    return push(draft, fileOrDirectory, TransferListener.NONE);
  }

  /**
   * Publishes a version. It is there when its manifest is, so a push that dies half way leaves no
   * version and the next one succeeds.
   *
   * @param fileOrDirectory the model's files: one file, or everything under a folder
   * @param listener told of the bytes that are copied
   * @return the manifest that is published now; where this very content is published already, the
   *     manifest that was there, with its labels
   * @throws StoreRefusedException if the version exists with other content
   * @throws InvalidModelException if a file is a link, has a path or a format that is refused,
   *     changes meanwhile, or there is none
   */
  public ModelManifest push(ModelDraft draft, Path fileOrDirectory, TransferListener listener) {
    Publication publication = Publication.of(draft, fileOrDirectory);
    ModelManifest manifest = publication.manifest();
    Optional<ModelManifest> there = checkPush(manifest);
    if (there.isPresent()) {
      return there.get();
    }
    try (StoreBackend.Upload upload = backend.upload(manifest)) {
      new VersionTransfer(backend, manifest, listener).send(publication, upload);
      return alone(
          manifest.name(),
          manifest.version(),
          deadline -> until(deadline).published(upload, manifest, deadline));
    }
  }

  private ModelStore until(Deadline deadline) {
    return new ModelStore(backend.until(deadline));
  }

  private ModelManifest published(
      StoreBackend.Upload upload, ModelManifest manifest, Deadline deadline) {
    Optional<ModelManifest> there = checkPush(manifest);
    if (there.isPresent()) {
      return there.get();
    }
    upload.publish(deadline);
    return manifest(manifest.name(), manifest.version());
  }

  private <T> T alone(String name, SemanticVersion version, Function<Deadline, T> change) {
    return new StoreClaim(backend, name, version).hold(change);
  }

  /**
   * Checks that a manifest may be published.
   *
   * @return the manifest of the same content, if that is published already
   * @throws StoreRefusedException if the version exists with other content
   * @throws InvalidModelException if nobody would read so long a manifest
   */
  public Optional<ModelManifest> checkPush(ModelManifest manifest) {
    int bytes = manifest.yaml().getBytes(StandardCharsets.UTF_8).length;
    int most = StoreKey.Kind.MANIFEST.mostBytes();
    if (bytes > most) {
      throw new InvalidModelException(
          "%s: a manifest of %d bytes (expected: at most %d); give it fewer or shorter labels"
              .formatted(manifest.ref(), bytes, most));
    }
    Optional<ModelManifest> there = find(manifest.name(), manifest.version());
    if (there.isEmpty()) {
      contents.policy().checkPush(uri(), manifest);
    } else if (!there.get().hasContentOf(manifest)) {
      throw new StoreRefusedException(
          "%s: in store %s already, with digest %s (pushed: %s); a version never changes, so push another one"
              .formatted(manifest.ref(), uri(), there.get().digest(), manifest.digest()));
    }
    return there;
  }

  /** The manifest of a version, or empty if there is no such version. */
  public Optional<ModelManifest> find(String name, SemanticVersion version) {
    return contents.find(name, version);
  }

  /** The manifest of a version. */
  public ModelManifest manifest(String name, SemanticVersion version) {
    return contents.manifest(name, version);
  }

  /**
   * The version that a reference means now. The alias {@value ModelRef#LATEST} means the highest
   * release; pre-releases are left out.
   */
  public ModelVersion resolve(ModelRef ref) {
    return contents.manifest(ref).modelVersion();
  }

  /** Names of the models that have a version, sorted. */
  public List<String> models() {
    return contents.models();
  }

  /** Every version of a model, the lowest first; those too whose manifest is damaged. */
  public List<SemanticVersion> versions(String name) {
    return contents.versions(name);
  }

  /** The aliases of a model and what they mean, sorted; those that are damaged mean nothing. */
  public Map<String, SemanticVersion> aliases(String name) {
    return aliases(name, damaged -> {});
  }

  /**
   * As {@link #aliases(String)}.
   *
   * @param damaged told of each alias that cannot be read
   */
  public Map<String, SemanticVersion> aliases(
      String name, Consumer<InvalidModelException> damaged) {
    contents.versions(name);
    return contents.aliases(name, damaged);
  }

  /**
   * Makes an alias mean a version, whatever it meant before.
   *
   * @throws IllegalArgumentException if the alias is not a name, is {@value ModelRef#LATEST}, or
   *     the number of a version
   */
  public void alias(String name, String alias, SemanticVersion version) {
    checkAlias(name, alias, version);
    alone(
        name,
        version,
        deadline -> {
          ModelStore bounded = until(deadline);
          bounded.manifest(name, version);
          bounded.backend.write(StoreKey.aliases(name).named(alias), version + "\n");
          return version;
        });
  }

  /** Checks what {@link #alias} checks and changes nothing. */
  public void checkAlias(String name, String alias, SemanticVersion version) {
    ModelRef.checkName("alias of model '" + name + "'", alias);
    if (alias.equals(ModelRef.LATEST)) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: another name; the store itself answers this one with the highest release)"
              .formatted(name, alias));
    }
    if (SemanticVersion.isVersion(alias)) {
      throw new IllegalArgumentException(
          "alias of model '%s': '%s' (expected: no version's number, which means that version)"
              .formatted(name, alias));
    }
    ModelManifest manifest = manifest(name, version);
    StorePolicy policy = contents.policy();
    if (policy.isProduction(alias) && policy.signaturesRequired()) {
      policy.checkSigned(uri(), manifest, alias, contents.signatures(name, version));
    }
  }

  /** Keys of labels that the policy demands of every version, sorted. */
  public Set<String> requiredLabels() {
    return contents.policy().requiredLabels();
  }

  /** Whether the policy counts an alias as production. */
  public boolean isProduction(String alias) {
    return contents.policy().isProduction(alias);
  }

  /**
   * Takes an alias away; its version stays.
   *
   * @return the version that it meant; empty if it was damaged
   */
  public Optional<SemanticVersion> removeAlias(String name, String alias) {
    Optional<SemanticVersion> meant = Optional.empty();
    try {
      meant = Optional.of(contents.aliased(name, alias));
    } catch (InvalidModelException damaged) {
      // It is there and means nothing, so it can go.
    }
    backend.delete(StoreKey.aliases(name).named(alias));
    return meant;
  }

  /**
   * Deletes a version, its manifest first, so that it never exists half. One whose manifest is
   * damaged can be deleted too.
   *
   * @throws StoreRefusedException if an alias means it
   */
  public void delete(String name, SemanticVersion version) {
    checkDelete(name, version);
    alone(
        name,
        version,
        deadline -> {
          ModelStore bounded = until(deadline);
          bounded.checkDelete(name, version);
          bounded.backend.delete(StoreKey.manifest(name, version));
          return version;
        });
  }

  /** Checks what {@link #delete} checks and changes nothing. */
  public void checkDelete(String name, SemanticVersion version) {
    contents.require(name, version);
    contents.policy().checkDelete(uri(), ModelRef.ofVersion(name, version));
    List<String> meaning =
        aliases(name).entrySet().stream()
            .filter(alias -> alias.getValue().equals(version))
            .map(Map.Entry::getKey)
            .toList();
    if (!meaning.isEmpty()) {
      throw new StoreRefusedException(
          "%s:%s in store %s: alias '%s' means it (expected: none); move or remove it, then delete the version"
              .formatted(name, version, uri(), String.join("', '", meaning)));
    }
  }

  /**
   * What was left by those who died while they pushed: what belongs to no version, and nobody has
   * written to in a day, which is longer than any push takes.
   */
  public List<StoreLeftover> leftovers() {
    Instant dead = Instant.now().minus(1, ChronoUnit.DAYS);
    return backend.list(StoreKey.models()).stream()
        .flatMap(model -> backend.unpublished(model.name()).stream())
        .filter(there -> there.written().isBefore(dead))
        .toList();
  }

  /** Deletes what {@link #leftovers} answered. */
  public void delete(StoreLeftover leftover) {
    backend.delete(leftover);
  }

  /** As {@link #download(ModelManifest, Path, TransferListener)}, with nobody listening. */
  public void download(ModelManifest manifest, Path target) {
    download(manifest, target, TransferListener.NONE);
  }

  /**
   * Copies a version's files, each of which is proved while it is copied.
   *
   * @param target a folder that is empty or not there
   * @param listener told of the bytes that are copied
   * @throws InvalidModelException if the store's files are not those of the manifest; what was
   *     copied is not to be used
   * @throws io.tidemill.model.UnavailableHereException if the target cannot be written
   */
  public void download(ModelManifest manifest, Path target, TransferListener listener) {
    new VersionTransfer(backend, manifest, listener).fetch(target);
  }

  /**
   * Reads every file of a version in the store and compares it with the manifest.
   *
   * @param listener told of the bytes that are read
   * @return what is wrong, sorted by path; empty if every file is as the manifest says
   */
  public List<FileProblem> verify(ModelManifest manifest, TransferListener listener) {
    return new VersionTransfer(backend, manifest, listener).verify();
  }

  /** The signatures of a version, sorted by key. They are not verified. */
  public List<DetachedSignature> signatures(String name, SemanticVersion version) {
    manifest(name, version);
    return contents.signatures(name, version);
  }

  /**
   * Keeps a signature beside a version, in the place of one of the same key. It is not verified,
   * and not part of the version's digest: a version may be signed after it was published.
   */
  public void addSignature(String name, SemanticVersion version, DetachedSignature signature) {
    manifest(name, version);
    backend.write(
        StoreKey.signatures(name, version).named(signature.fingerprint()), signature.bundle());
  }

  /**
   * Keeps those signatures beside a version of whose keys it has none. What is there stays: nobody
   * verified that the others are better, and whoever may only read the store finds them there.
   */
  public void addLackingSignatures(
      String name, SemanticVersion version, List<DetachedSignature> signatures) {
    Set<String> there =
        signatures(name, version).stream()
            .map(DetachedSignature::fingerprint)
            .collect(Collectors.toSet());
    signatures.stream()
        .filter(one -> !there.contains(one.fingerprint()))
        .forEach(one -> addSignature(name, version, one));
  }
}
