package io.tidemill.model.loader;

import io.tidemill.model.store.ByteSize;
import io.tidemill.model.store.cache.LocalModelCache;
import java.nio.file.Path;

/** A process that deletes what it may of a cache, and says how much that was. */
final class PruneMain {
  private PruneMain() {}

  public static void main(String[] arguments) {
    LocalModelCache cache = new LocalModelCache(Path.of(arguments[0]));
    int deleted = cache.prune(new ByteSize(0), null, false).size();
    System.out.println(deleted + " deleted");
  }
}
