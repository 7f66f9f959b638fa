package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * Something that a model needs and this machine does not have: its engine, its device, or a local
 * folder for its files. The operator of the job must act.
 */
public final class UnavailableHereException extends ModelException {
  public UnavailableHereException(String message) {
    this(message, null);
  }

  public UnavailableHereException(String message, @Nullable Throwable cause) {
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public UnavailableHereException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, false);
  }
}
