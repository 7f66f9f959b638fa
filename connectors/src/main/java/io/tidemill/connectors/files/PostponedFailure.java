package io.tidemill.connectors.files;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A failure behind records that were read before it, and go first. Not thread-safe. */
final class PostponedFailure {
  private @Nullable IOException ofFile;
  private @Nullable RuntimeException other;

  void keep(IOException failure) {
    ofFile = failure;
  }

  void keep(RuntimeException failure) {
    other = failure;
  }

  /** Fails so, if there is one. */
  void throwIfAny() throws IOException {
    if (ofFile != null) {
      throw ofFile;
    }
    if (other != null) {
      throw other;
    }
  }
}
