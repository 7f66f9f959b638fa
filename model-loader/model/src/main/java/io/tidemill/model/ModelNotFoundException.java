package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/** A model, version or alias that the store does not have. The author of the pipeline must act. */
public final class ModelNotFoundException extends ModelException {
  public ModelNotFoundException(String message) {
    this(message, null);
  }

  public ModelNotFoundException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
