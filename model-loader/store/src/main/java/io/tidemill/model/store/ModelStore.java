package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import io.tidemill.model.StoreRefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where published versions live. A version exists when its manifest does and never changes; an
 * alias is a name for a version and may be moved to another one. What a store's {@link #policy()}
 * forbids, it refuses.
 *
 * <p>Every method blocks on the store and throws {@link
 * io.tidemill.model.StoreUnavailableException} when it does not answer, {@link
 * io.tidemill.model.StoreRefusedException} for a model, version or alias that is not there (naming
 * those that are), {@link io.tidemill.model.InvalidModelException} for one that is damaged, and
 * {@link io.tidemill.model.StoreRefusedException} for a change that the policy forbids.
 *
 * <p>Implementations are thread-safe, and safe beside other processes that use the store: of those
 * that push different content for one version at once, one wins and the others are told.
 */
public interface ModelStore {

  /** Where the store is, as messages name it. */
  String uri();

  /** What the store demands; {@link StorePolicy#NONE} where it demands nothing. */
  StorePolicy policy();

  /**
   * The manifest that {@link #push} would answer. Checks what a push checks and changes nothing.
   *
   * @throws StoreRefusedException if the version exists with other content
   */
  default ModelManifest plan(ModelDraft draft, Path fileOrDirectory) {
    ModelManifest manifest = Publication.of(draft, fileOrDirectory).manifest();
    return checkPush(manifest).orElse(manifest);
  }

  /** As {@link #push(ModelDraft, Path, TransferListener)}, with nobody listening. */
  default ModelManifest push(ModelDraft draft, Path fileOrDirectory) {
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
   * @throws io.tidemill.model.InvalidModelException if a file is a link, has a path or a format
   *     that is refused, changes meanwhile, or there is none
   */
  ModelManifest push(ModelDraft draft, Path fileOrDirectory, TransferListener listener);

  /**
   * Checks that a manifest may be published.
   *
   * @return the manifest of the same content, if that is published already
   * @throws StoreRefusedException if the version exists with other content
   */
  default Optional<ModelManifest> checkPush(ModelManifest manifest) {
    Optional<ModelManifest> there = find(manifest.name(), manifest.version());
    there.ifPresent(published -> StoreRules.checkSame(uri(), published, manifest));
    if (there.isEmpty()) {
      policy().checkPush(uri(), manifest);
    }
    return there;
  }

  /** The manifest of a version, or empty if there is no such version. */
  Optional<ModelManifest> find(String name, SemanticVersion version);

  /** The manifest of a version. */
  ModelManifest manifest(String name, SemanticVersion version);

  /**
   * The version that a reference means now. The alias {@value ModelRef#LATEST} means the highest
   * release; pre-releases are left out.
   */
  ModelVersion resolve(ModelRef ref);

  /** Names of the models that have a version, sorted. */
  List<String> models();

  /** Every version of a model, the lowest first; those too whose manifest is damaged. */
  List<SemanticVersion> versions(String name);

  /**
   * Makes an alias mean a version, whatever it meant before.
   *
   * @throws IllegalArgumentException if the alias is not a name or is {@value ModelRef#LATEST}
   */
  void alias(String name, String alias, SemanticVersion version);

  /** Checks what {@link #alias} checks and changes nothing. */
  default void checkAlias(String name, String alias, SemanticVersion version) {
    StoreRules.checkAlias(this, name, alias, version);
  }

  /**
   * Takes an alias away; its version stays.
   *
   * @return the version that it meant
   */
  SemanticVersion removeAlias(String name, String alias);

  /** The aliases of a model and what they mean, sorted. */
  Map<String, SemanticVersion> aliases(String name);

  /**
   * Deletes a version, its manifest first, so that it never exists half.
   *
   * @throws StoreRefusedException if an alias means it
   */
  void delete(String name, SemanticVersion version);

  /** Checks what {@link #delete} checks and changes nothing. */
  default void checkDelete(String name, SemanticVersion version) {
    StoreRules.checkDelete(this, name, version);
  }

  /** As {@link #download(ModelManifest, Path, TransferListener)}, with nobody listening. */
  default void download(ModelManifest manifest, Path target) {
    download(manifest, target, TransferListener.NONE);
  }

  /**
   * Copies a version's files. They are not proved yet: {@link LocalModelCache} does that before
   * anyone reads them.
   *
   * @param target a folder that is empty or not there
   * @param listener told of the bytes that are copied
   * @throws io.tidemill.model.InvalidModelException if the store has more or fewer files than the
   *     manifest, or one that is longer
   * @throws io.tidemill.model.UnavailableHereException if the target cannot be written
   */
  void download(ModelManifest manifest, Path target, TransferListener listener);

  /**
   * Reads every file of a version in the store and compares it with the manifest.
   *
   * @param listener told of the bytes that are read
   * @return what is wrong, sorted by path; empty if every file is as the manifest says
   */
  List<FileProblem> verify(ModelManifest manifest, TransferListener listener);

  /** The signatures of a version, sorted by key. They are not verified. */
  List<DetachedSignature> signatures(String name, SemanticVersion version);

  /**
   * Keeps a signature beside a version, in the place of one of the same key. It is not verified,
   * and not part of the version's digest: a version may be signed after it was published.
   */
  void addSignature(String name, SemanticVersion version, DetachedSignature signature);
}
