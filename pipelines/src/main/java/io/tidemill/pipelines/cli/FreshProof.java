package io.tidemill.pipelines.cli;

import io.tidemill.model.store.LocalModelCache;
import io.tidemill.model.store.ModelManifest;
import io.tidemill.model.store.ModelStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Fetches every file of a version and proves it, whatever the local cache has. */
final class FreshProof {
  private FreshProof() {}

  static void of(ModelStore store, ModelManifest manifest) {
    try {
      Path folder = Files.createTempDirectory("tidemill-proof-");
      try {
        new LocalModelCache(folder).files(store, manifest);
      } finally {
        delete(folder);
      }
    } catch (IOException | UncheckedIOException unwritable) {
      throw new CommandFailedException(
          ExitCode.FAILED,
          "temporary folder: cannot be written: " + unwritable.getMessage(),
          unwritable);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> content = Files.walk(folder)) {
      for (Path path : content.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
