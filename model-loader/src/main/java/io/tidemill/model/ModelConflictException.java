package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/** A version that exists already, with other content. The publisher must choose another version. */
public final class ModelConflictException extends ModelException {
  public ModelConflictException(String message) {
    this(message, null);
  }

  public ModelConflictException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
