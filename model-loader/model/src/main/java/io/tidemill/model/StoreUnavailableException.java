package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/** A store that does not answer. The operator of the job must act; a later attempt may succeed. */
public final class StoreUnavailableException extends ModelException {
  public StoreUnavailableException(String message) {
    this(message, null);
  }

  public StoreUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
