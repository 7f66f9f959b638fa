package io.tidemill.model.importing;

import io.tidemill.model.store.RefusedFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Refuses a file before anything is made of it, where it is one that runs code. */
final class RefusedModel {
  private RefusedModel() {}

  static void check(Path path) throws IOException {
    if (Files.isRegularFile(path)) {
      RefusedFormat.check(Listing.name(path), path);
    }
  }
}
