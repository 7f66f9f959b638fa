package io.tidemill.pipelines.jobs;

import io.tidemill.connectors.options.ConnectorOptions;
import org.jspecify.annotations.Nullable;

/**
 * What keeps something from being done on a cluster, without secrets: what, where, and a remedy.
 */
public final class ClusterException extends RuntimeException {
  private final boolean usage;

  private ClusterException(boolean usage, String message, @Nullable Throwable cause) {
    super(ConnectorOptions.withoutSecrets(message), cause);
    this.usage = usage;
  }

  /** Nothing was done: it was asked of the wrong place, or cannot be as things are. */
  static ClusterException refused(String message, @Nullable Throwable cause) {
    return new ClusterException(true, message, cause);
  }

  static ClusterException refused(String message) {
    return refused(message, null);
  }

  /** It was tried. */
  static ClusterException failed(String message, @Nullable Throwable cause) {
    return new ClusterException(false, message, cause);
  }

  static ClusterException failed(String message) {
    return failed(message, null);
  }

  /** Whether nothing was done. */
  public boolean usage() {
    return usage;
  }
}
