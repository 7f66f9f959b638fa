package io.tidemill.pipelines.jobs;

import io.tidemill.connectors.options.ConnectorOptions;
import org.jspecify.annotations.Nullable;

/**
 * What keeps something from being done on a cluster, without secrets: what, where, and a remedy.
 */
public final class ClusterException extends RuntimeException {
  private final End end;

  private enum End {
    REFUSED,
    UNANSWERED,
    FAILED,
    IN_DOUBT
  }

  private ClusterException(End end, String message, @Nullable Throwable cause) {
    super(ConnectorOptions.withoutSecrets(message), cause);
    this.end = end;
  }

  /** Nothing was done: it was asked of the wrong place, or cannot be as things are. */
  static ClusterException refused(String message, @Nullable Throwable cause) {
    return new ClusterException(End.REFUSED, message, cause);
  }

  static ClusterException refused(String message) {
    return refused(message, null);
  }

  /** Nobody answers, or not as Flink does. */
  static ClusterException unanswered(String message, Throwable cause) {
    return new ClusterException(End.UNANSWERED, message, cause);
  }

  /** It was asked for, and whether it was done is not known. */
  static ClusterException inDoubt(String message, @Nullable Throwable cause) {
    return new ClusterException(End.IN_DOUBT, message, cause);
  }

  /** It was tried. */
  static ClusterException failed(String message, @Nullable Throwable cause) {
    return new ClusterException(End.FAILED, message, cause);
  }

  static ClusterException failed(String message) {
    return failed(message, null);
  }

  /** Whether nothing was done. */
  public boolean usage() {
    return end == End.REFUSED || end == End.UNANSWERED;
  }

  boolean isUnanswered() {
    return end == End.UNANSWERED;
  }

  boolean isInDoubt() {
    return end == End.IN_DOUBT;
  }
}
