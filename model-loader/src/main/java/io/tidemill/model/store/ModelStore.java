package io.tidemill.model.store;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.SemanticVersion;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where published versions live. A version exists when its manifest does and never changes; an
 * alias is a name for a version and may be moved to another one.
 *
 * <p>Every method blocks on the store and throws {@link
 * io.tidemill.model.StoreUnavailableException} when it does not answer, {@link
 * io.tidemill.model.ModelNotFoundException} for a model, version or alias that is not there (naming
 * those that are), and {@link io.tidemill.model.InvalidModelException} for one that is damaged.
 *
 * <p>Implementations are thread-safe, and safe beside other processes that use the store, with one
 * exception: one version is pushed by one publisher at a time. Two that push different content for
 * it at once may leave a version that is refused whenever it is read.
 */
public interface ModelStore {

  /** Where the store is, as messages name it. */
  String uri();

  /**
   * Publishes a version. The manifest is written last, so a push that dies half way leaves no
   * version and the next one succeeds.
   *
   * @param fileOrDirectory the model's files: one file, or everything under a folder
   * @return the manifest that is published now; where this very content is published already, the
   *     manifest that was there, with its labels
   * @throws io.tidemill.model.ModelConflictException if the version exists with other content
   * @throws io.tidemill.model.InvalidModelException if a file is a link, has a path or a format
   *     that is refused, or there is none
   */
  ModelManifest push(ModelDraft draft, Path fileOrDirectory);

  /** The manifest of a version. */
  ModelManifest manifest(String name, SemanticVersion version);

  /**
   * The version that a reference means now. The alias {@value ModelRef#LATEST} means the highest
   * release; pre-releases are left out.
   */
  ModelVersion resolve(ModelRef ref);

  /** Names of the models that have a version, sorted. */
  List<String> models();

  /** Every version of a model, the lowest first. */
  List<ModelManifest> versions(String name);

  /**
   * Makes an alias mean a version, whatever it meant before.
   *
   * @throws IllegalArgumentException if the alias is not a name or is {@value ModelRef#LATEST}
   */
  void alias(String name, String alias, SemanticVersion version);

  /** The aliases of a model and what they mean, sorted. */
  Map<String, SemanticVersion> aliases(String name);

  /**
   * Copies a version's files. They are not proved yet: {@link LocalModelCache} does that before
   * anyone reads them.
   *
   * @param target a folder that is empty or not there
   * @throws io.tidemill.model.InvalidModelException if the store has more or fewer files than the
   *     manifest, or one that is longer
   * @throws io.tidemill.model.CacheUnavailableException if the target cannot be written
   */
  void download(ModelManifest manifest, Path target);

  /** The signatures of a version, sorted by key. They are not verified. */
  List<DetachedSignature> signatures(String name, SemanticVersion version);

  /**
   * Keeps a signature beside a version, in the place of one of the same key. It is not verified,
   * and not part of the version's digest: a version may be signed after it was published.
   */
  void addSignature(String name, SemanticVersion version, DetachedSignature signature);
}
