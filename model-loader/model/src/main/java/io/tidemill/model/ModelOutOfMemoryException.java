package io.tidemill.model;

import org.jspecify.annotations.Nullable;

/** A call that ran out of memory, the engine's or the allocator's. A smaller batch may pass. */
public final class ModelOutOfMemoryException extends ModelException {
  public ModelOutOfMemoryException(String message) {
    this(message, null);
  }

  public ModelOutOfMemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  @Override
  public boolean retryable() {
    return true;
  }
}
