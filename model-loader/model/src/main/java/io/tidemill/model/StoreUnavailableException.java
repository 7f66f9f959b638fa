package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/** A store that does not answer. The operator of the job must act; a later attempt may succeed. */
public final class StoreUnavailableException extends ModelException {
  public StoreUnavailableException(String message) {
    this(message, null);
  }

  public StoreUnavailableException(String message, @Nullable Throwable cause) {
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public StoreUnavailableException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, true);
  }
}
