package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A call that the engine refused or failed. Data or model may be at fault; a caller finds out
 * which.
 */
public final class ModelCallException extends ModelException {
  public ModelCallException(String message) {
    this(message, null);
  }

  public ModelCallException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
