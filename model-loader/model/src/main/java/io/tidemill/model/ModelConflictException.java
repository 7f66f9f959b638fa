package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A version that exists already with other content, or that an alias still means. The publisher
 * must choose another version or move the alias.
 */
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
