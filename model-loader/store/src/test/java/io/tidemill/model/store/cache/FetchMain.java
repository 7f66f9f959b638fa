package io.tidemill.model.store.cache;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.nio.file.Path;

/** A process that fetches fraud:1.4.2 into a cache, and fails unless it can prove it. */
final class FetchMain {
  private FetchMain() {}

  public static void main(String[] arguments) throws Exception {
    ModelStore store = ModelStore.open(arguments[0]);
    ModelManifest manifest = store.manifest("fraud", SemanticVersion.parse("1.4.2"));
    LocalModelCache cache = new LocalModelCache(Path.of(arguments[1]));
    try (CachedModel copy = cache.open(store, manifest, TransferListener.NONE)) {
      if (!manifest.damage(copy.files()).isEmpty()) {
        throw new IllegalStateException("not proved: " + copy.files());
      }
    }
  }
}
