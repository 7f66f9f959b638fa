package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/**
 * A call that ran out of memory, the engine's or the allocator's. A smaller batch may pass; the
 * same one would not.
 */
public final class ModelOutOfMemoryException extends ModelException {
  public ModelOutOfMemoryException(String message) {
    this(message, null);
  }

  public ModelOutOfMemoryException(String message, @Nullable Throwable cause) {
    this(Subject.UNKNOWN, message, cause);
  }

  /** What failed, and what it is about: the message begins with it. */
  public ModelOutOfMemoryException(Subject subject, String message, @Nullable Throwable cause) {
    super(subject, message, cause, false);
  }
}
