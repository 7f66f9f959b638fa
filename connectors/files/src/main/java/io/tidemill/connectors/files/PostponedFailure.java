package io.tidemill.connectors.files;

import java.io.IOException;
import org.apache.flink.util.ExceptionUtils;
import org.jspecify.annotations.Nullable;

/** A failure behind records that were read before it, and go first. Not thread-safe. */
final class PostponedFailure {
  private @Nullable Exception failure;

  /** Keeps one that reading files may throw. */
  void keep(Exception failure) {
    this.failure = failure;
  }

  /** Fails so, if there is one. */
  void throwIfAny() throws IOException {
    if (failure != null) {
      ExceptionUtils.rethrowIOException(failure);
    }
  }
}
