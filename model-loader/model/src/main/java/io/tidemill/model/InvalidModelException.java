package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A version whose manifest, files or digest are not what they say, that its engine cannot load, or
 * that answers otherwise than it was published with. The publisher of the model must act.
 */
public final class InvalidModelException extends ModelException {
  public InvalidModelException(String message) {
    this(message, null);
  }

  public InvalidModelException(String message, @Nullable Throwable cause) {
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public InvalidModelException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, false);
  }
}
