package io.tidemill.pipelines.cli;

import io.tidemill.model.ModelRef;
import io.tidemill.model.ModelVersion;
import io.tidemill.model.store.DetachedSignature;
import io.tidemill.model.store.FileProblem;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.cache.CachedModel;
import io.tidemill.model.store.cache.LocalModelCache;
import java.util.List;

/** A version, and the store that it was found in. */
record FoundModel(ModelStore store, ModelManifest manifest) {

  static FoundModel of(ModelStore store, ModelRef ref) {
    ModelVersion version = store.resolve(ref);
    return new FoundModel(store, store.manifest(version.name(), version.version()));
  }

  /** Its files in a cache, fetched and proved where they are not there yet. */
  CachedModel in(LocalModelCache cache, Output output, String doing) {
    try (TransferProgress progress = output.progress(doing + " " + manifest.ref())) {
      return cache.open(store, manifest, progress);
    }
  }

  /** Its files in this machine's cache. */
  CachedModel cached(Output output, String doing) {
    return in(LocalModelCache.ofUser(), output, doing);
  }

  /** What of its files in the store is not as it was published. */
  List<FileProblem> verify(Output output, String doing) {
    try (TransferProgress progress = output.progress(doing + " " + manifest.ref())) {
      return store.verify(manifest, progress);
    }
  }

  List<DetachedSignature> signatures() {
    return store.signatures(manifest.name(), manifest.version());
  }

  /** As in {@code fraud:1.4.2 (sha256:…)}. */
  @Override
  public String toString() {
    return "%s (%s)".formatted(manifest.ref(), manifest.digest());
  }
}
