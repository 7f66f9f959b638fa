package io.tidemill.pipelines.unit;

import io.tidemill.model.InvalidModelException;
import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.store.ModelDraft;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is in a unit, as a folder.
 *
 * <pre>
 * job/job.yaml               the job, and beside it the files that it names
 * models/fraud/1.4.2/…       a store of its versions
 * </pre>
 *
 * <p>The manifest over it is the lock: it has every file with its digest, and in labels {@code
 * step.ID} the version that each step is pinned to.
 */
record UnitContent(Path folder) {
  /** What stands in the place of an engine's name, as no engine loads a job. */
  static final String ENGINE = "job";

  private static final String STEP = "step.";

  Path job() {
    return folder.resolve("job");
  }

  ModelStore store() {
    return ModelStore.open(folder.resolve("models").toString());
  }

  /**
   * Copies a version from a store into another one, as it was published and with its signatures.
   *
   * @throws io.tidemill.model.StoreRefusedException if it is there with other content
   * @throws InvalidModelException if it has another digest, in the one store or the other
   */
  static void copy(ModelVersion version, ModelStore from, ModelStore to) {
    ModelManifest manifest = from.manifest(version.name(), version.version());
    check(version, manifest, from);
    try (CachedModel copy = LocalModelCache.ofUser().open(from, manifest, TransferListener.NONE)) {
      ModelDraft draft =
          new ModelDraft(
              manifest.name(),
              manifest.version(),
              manifest.engine(),
              manifest.signature(),
              manifest.labels(),
              manifest);
      check(version, to.push(draft, copy.files()), to);
    }
    to.addLackingSignatures(
        version.name(), version.version(), from.signatures(version.name(), version.version()));
  }

  private static void check(ModelVersion version, ModelManifest there, ModelStore store) {
    if (!there.digest().equals(version.digest())) {
      throw new InvalidModelException(
          "%s in store %s: digest %s (expected: %s); push the model under another number there, or package the job against that store"
              .formatted(version, store.uri(), there.digest(), version.digest()));
    }
  }

  static Map<String, String> labels(Map<String, ModelVersion> models) {
    Map<String, String> labels = new LinkedHashMap<>();
    models.forEach((step, version) -> labels.put(STEP + step, version + " " + version.digest()));
    return labels;
  }

  /** The versions of the steps, as labels have them. */
  static Map<String, ModelVersion> models(ModelManifest lock) {
    Map<String, ModelVersion> models = new LinkedHashMap<>();
    lock.labels()
        .forEach(
            (key, value) -> {
              if (key.startsWith(STEP)) {
                models.put(key.substring(STEP.length()), version(lock, key, value));
              }
            });
    return models;
  }

  private static ModelVersion version(ModelManifest lock, String key, String value) {
    String[] parts = value.split(" ", 2);
    try {
      ModelRef ref = ModelRef.parse(parts[0]);
      if (ref.version() != null && parts.length == 2) {
        return new ModelVersion(ref.name(), ref.version(), parts[1]);
      }
    } catch (IllegalArgumentException none) {
      // Said below, as for a version without a digest.
    }
    throw new InvalidModelException(
        "%s: label '%s': '%s' (expected: a version and its digest); package the job again"
            .formatted(lock.ref(), key, value));
  }
}
