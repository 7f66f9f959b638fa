package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A local folder for model files that cannot be written or read, as when its disk is full. The
 * operator of the job must act.
 */
public final class CacheUnavailableException extends ModelException {
  public CacheUnavailableException(String message) {
    this(message, null);
  }

  public CacheUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
