package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A version whose manifest, files or digest are not what they say, or that its engine cannot load.
 * The publisher of the model must act.
 */
public final class InvalidModelException extends ModelException {
  public InvalidModelException(String message) {
    this(message, null);
  }

  public InvalidModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return false;
  }
}
