package io.tidemill.model.store.cache;

import io.tidemill.model.SemanticVersion;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import io.tidemill.model.store.TransferListener;
import java.nio.file.Path;

/** A process that uses fraud:1.4.2 out of a cache, says so, and goes on until it is killed. */
final class UseMain {
  private UseMain() {}

  public static void main(String[] arguments) throws Exception {
    ModelStore store = ModelStore.open(arguments[0]);
    ModelManifest manifest = store.manifest("fraud", SemanticVersion.parse("1.4.2"));
    LocalModelCache cache = new LocalModelCache(Path.of(arguments[1]));
    try (CachedModel copy = cache.open(store, manifest, TransferListener.NONE)) {
      System.out.println("uses " + copy.files());
      System.in.read();
    }
  }
}
