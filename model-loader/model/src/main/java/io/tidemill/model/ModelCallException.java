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
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public ModelCallException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, false);
  }
}
